import { joinedAt } from "../learner.ts";
import { mix, Random, tag } from "../random.ts";
import type { RowBuilder } from "../row-builder.ts";
import { day, hour } from "../sample-time.ts";
import type { Site } from "../site.ts";

const customerTag = tag("enterprise_enterprisecustomer");
const names: readonly string[] = [
  "Acme Corporation",
  'Müller & Söhne "Stahl" GmbH',
  "=HYPERLINK Industries",
  "شركة النور",
  "Nothing, Ltd.",
];

function customerCount(site: Site): number {
  return 5 + Math.floor(Math.sqrt(site.learnerCount) / 50);
}

function customerId(site: Site, customer: number): string {
  return new Random(site.seed, customerTag, customer).hex(32);
}

export function* customerRows(site: Site, row: RowBuilder): Generator<void> {
  for (let n = 0; n < customerCount(site); n++) {
    const created = site.opened + n * 20 * day;
    const name = names[n] ?? `Customer ${String(n + 1)}`;
    row
      .moment(created)
      .moment(Math.min(site.asOf, created + 90 * day))
      .text(customerId(site, n))
      .text(name);
    row
      .text(`customer-${String(n + 1)}`)
      .text(n % 2 === 0 ? `org-${String(n)}` : null)
      .flag(n !== 3);
    row
      .text(n % 3 === 1 ? null : "US")
      .flag(n % 2 === 1)
      .number(1 + (n % 2))
      .number(1);
    row.flag(true).text(n % 2 === 0 ? "at_enrollment" : "externally_managed");
    // Sixteen switches, from `enable_audit_enrollment` to `enable_slug_login`.
    for (let flag = 0; flag < 16; flag++) {
      row.flag(mix(site.seed, customerTag, n, flag + 1) % 3 === 0);
    }
    row.text(n % 2 === 0 ? `learning@customer${String(n + 1)}.example.com` : null);
    row.number(n === 1 ? 1_250_000 : n === 2 ? 1 : null).text(n % 2 === 0 ? "en" : null);
    yield void row.text(n === 1 ? "Ihre Akademie 🎓" : null).text(n === 4 ? "" : null);
  }
}

/** One learner in ten came with an employer. */
export function* customerUserRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (let learnerId = 3; learnerId <= site.learnerCount; learnerId += 10) {
    const customer = mix(site.seed, customerTag, learnerId, 99) % customerCount(site);
    const created = Math.min(site.asOf, joinedAt(site, learnerId) + hour);
    row.number(id).moment(created).moment(created).number(learnerId).text(customerId(site, customer));
    row
      .flag(id % 7 !== 2)
      .flag(id % 11 !== 4)
      .flag(true)
      .text(id % 3 === 0 ? customerId(site, -id) : null);
    yield void row.flag(false).number(id % 4 === 1 ? null : learnerId);
    id++;
  }
}

export function* pendingCustomerUserRows(site: Site, row: RowBuilder): Generator<void> {
  const count = 5 + Math.floor(site.learnerCount / 100);
  for (let id = 1; id <= count; id++) {
    const created = site.asOf - (id % 200) * day;
    row
      .number(id)
      .moment(created)
      .moment(created)
      .text(`New.Hire+${String(id)}@customer.example.com`);
    yield void row.text(customerId(site, id % customerCount(site)));
  }
}
