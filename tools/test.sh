#!/usr/bin/env bash
# `npm test`: on a fresh clone installs what the tests need, then runs all of them (tools/run-tests.ts).
# The last line is `N passed, N failed, N skipped`; on Debian as root nothing is skipped.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"

fail() {
  echo "$1" >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
}

if [ ! -x node_modules/.bin/vitest ] || [ ! -x node_modules/.bin/node ] || { [ -f node_modules/.rhythm-lock ] && ! cmp -s package-lock.json node_modules/.rhythm-lock; }; then
  echo "installing packages (npm ci)"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/tmp/rhythm-npm-ci.$$ 2>&1 || { tail -n 20 /tmp/rhythm-npm-ci.$$; fail "npm ci failed"; }
  rm -f /tmp/rhythm-npm-ci.$$
  cp package-lock.json node_modules/.rhythm-lock
fi

# What a node needs, and the real parts on the far side of the tests.
packages=(containerd runc containernetworking-plugins nftables iptables iproute2 busybox-static conntrack etcd-server etcd-client docker-registry
  python3-grpcio python3-protobuf protobuf-compiler)
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" = 0 ] || fail "the tests need root, to install ${missing[*]} and to run containers"
  command -v apt-get >/dev/null || fail "the tests need ${missing[*]}, and there is no apt-get"
  echo "installing Debian packages: ${missing[*]}"
  # Their services stay off: the tests start their own.
  policy=
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  install() { apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "${missing[@]}" >/tmp/rhythm-apt.$$ 2>&1; }
  install || { apt-get -q -y update >/dev/null 2>&1; install; }
  code=$?
  [ -z "$policy" ] || rm -f "$policy"
  [ $code = 0 ] || { tail -n 20 /tmp/rhythm-apt.$$; fail "apt-get failed"; }
  rm -f /tmp/rhythm-apt.$$
fi

export PATH="$root/node_modules/.bin:$PATH"
exec node tools/run-tests.ts "$@"
