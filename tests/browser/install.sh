#!/bin/sh
# See to it that the browser tests have a Chromium: the system's, the package manager's, or Playwright's own.
# Never fails: where none can be had the browser tests skip, and say so.
python=$1
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -n "${AE_CHROMIUM:-}" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests (apt-get)"
    (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium) >/dev/null 2>&1 && exit 0
fi
echo "Installing Playwright's Chromium for the browser tests"
timeout 300 "$python" -m playwright install chromium >/dev/null 2>&1 && exit 0
echo "No Chromium could be installed: the browser tests will be skipped. Install chromium, or set AE_CHROMIUM." >&2
exit 0
