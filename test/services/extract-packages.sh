#!/bin/sh
# extract-packages.sh SUITE FOLDER PACKAGE...
# Extracts Debian packages with all they depend on, the C library included, into FOLDER. Nothing is installed,
# no maintainer script runs, the machine's own package lists are left alone, and no root is needed. The
# programs in FOLDER run on any Linux through the dynamic loader that comes with them.
set -eu

suite=$1 folder=$2
shift 2
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

for tool in apt-get dpkg-deb; do
  command -v "$tool" > /dev/null || { echo "there is no $tool here to get Debian packages with" >&2; exit 1; }
done
[ -r "$keyring" ] || { echo "there is no $keyring to check Debian packages with" >&2; exit 1; }
mirror=$(grep -rhoE '[a-z+]+://[^] ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2> /dev/null | head -n 1 | tr -d ' ')
[ -n "$mirror" ] || { echo "no Debian mirror is named in /etc/apt" >&2; exit 1; }

# Beside the target, so that the final rename stays on one file system.
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/none" "$work/root"
: > "$work/status"
echo "deb [signed-by=$keyring] $mirror $suite main" > "$work/sources.list"

# The empty status file makes apt believe that nothing is installed, so it fetches every dependency. The machine's
# settings hold, a proxy among them, but not its hooks, which see to the machine's own lists and caches.
cat > "$work/apt.conf" << END
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "";
Acquire::Retries "3";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "$work/none";
Dir::Etc::preferencesparts "$work/none";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Cache::archives "$work/cache/archives";
Dir::Log "$work";
END
apt-get -c "$work/apt.conf" -qq update
apt-get -c "$work/apt.conf" -qq -y --no-install-recommends --download-only install "$@" > /dev/null
for package in "$work"/cache/archives/*.deb; do dpkg-deb -x "$package" "$work/root"; done

# Of two extractions at once the second finds the folder there, and that one is as good.
mv -T "$work/root" "$folder" 2> /dev/null || [ -d "$folder" ]
