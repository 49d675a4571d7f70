import { moduleState } from "../module-state.ts";
import { hugeModuleId, type ModuleVisit, moduleVisits } from "../module-visits.ts";
import { blockTypes, isScored } from "../outline.ts";
import type { RowBuilder } from "../row-builder.ts";
import { hour } from "../sample-time.ts";
import type { Site } from "../site.ts";

export function* studentModuleRows(site: Site, row: RowBuilder): Generator<void> {
  // The last row is known only when there is no further one: one row is held back.
  let held: ModuleVisit | undefined;
  for (const visit of moduleVisits(site)) {
    if (held !== undefined) {
      yield putModule(row, held, undefined);
    }
    held = visit;
  }
  if (held !== undefined) {
    yield putModule(row, held, site.studentModuleRows === undefined ? hugeModuleId : undefined);
  }
}

function putModule(row: RowBuilder, visit: ModuleVisit, hugeId: bigint | undefined): void {
  if (hugeId === undefined) {
    row.number(visit.id);
  } else {
    row.huge(hugeId);
  }
  const scored = isScored(visit.type) && visit.outcome.attempts > 0;
  row
    .text(blockTypes[visit.type] as string)
    .text(visit.moduleKey)
    .text(visit.courseKey)
    .text(moduleState(visit))
    .number(scored ? gradeOf(visit) : null)
    .number(scored ? visit.outcome.possible : null)
    .text(visit.id % 701 === 13 ? (visit.id % 2 === 0 ? "f" : "i") : "na")
    .moment(visit.created)
    .moment(visit.modified)
    .number(visit.studentId);
}

/** The points; after a problem was made worth less and rescored, they may be more than there are. */
function gradeOf(visit: ModuleVisit): number {
  const { earned, possible } = visit.outcome;
  return earned === possible && possible > 0 && visit.block % 97 === 23 ? possible + 1 : earned;
}

/** One row for each answer to a problem, the last of which is what the module itself says. */
export function* moduleHistoryRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  let last: ModuleVisit | undefined;
  for (const visit of moduleVisits(site)) {
    const { attempts, earned, possible, answered } = visit.outcome;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const final = attempt === attempts;
      const created = visit.created + Math.floor(((answered - visit.created) * attempt) / attempts);
      row.number(id++).text("");
      row.moment(created).text(final ? moduleState(visit) : `{"attempts": ${String(attempt)}, "done": true}`);
      yield void row
        .number(final ? earned : 0)
        .number(possible)
        .number(visit.id);
    }
    last = visit;
  }
  if (last !== undefined && site.studentModuleRows === undefined) {
    row
      .huge(hugeModuleId + 1n)
      .text(null)
      .moment(Math.min(last.modified + hour, site.asOf));
    yield void row.text("{}").number(null).number(null).huge(hugeModuleId);
  }
}
