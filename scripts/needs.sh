# shellcheck shell=bash
# What ./demo and ./test need of the machine, installed only where it is missing. To be sourced.

began=$SECONDS

# One line of progress, with the seconds since the start.
say() { printf '%s [%4d s] %s\n' "${0##*/}" "$((SECONDS - began))" "$*"; }

stop() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs Debian packages. Says how to do it by hand where that is not possible.
install_packages() {
  command -v apt-get >/dev/null || stop "missing: $*. Install them with this system's package manager and run this again."
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    stop "missing: $*. As root: apt-get install $*"
  fi
  say "installing $*"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

need_rust() {
  export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  command -v cargo >/dev/null || stop "cargo is missing. Install Rust as https://rustup.rs says and run this again."
}

# aws-lc (TLS), SQLite and the allocator are compiled from C.
need_c_compiler() {
  if ! command -v cc >/dev/null || ! command -v make >/dev/null; then
    install_packages build-essential cmake
  fi
}

# Reads scanned faxes; the package with the data for English comes along only where recommended ones do.
need_tesseract() {
  if ! command -v tesseract >/dev/null || ! tesseract --list-langs 2>&1 | grep -qx eng; then
    install_packages tesseract-ocr tesseract-ocr-eng
  fi
}

# Makes a folder of our own with moto and `aws`, in versions that go together: pip alone looks for such for minutes. Sets VENV.
need_venv() {
  VENV=${XDG_CACHE_HOME:-$HOME/.cache}/fusion-comms/moto
  if [ -x "$VENV/bin/moto_server" ] && [ -x "$VENV/bin/aws" ]; then return; fi
  # Debian has the module venv in a package of its own.
  python3 -c 'import venv, ensurepip' 2>/dev/null || install_packages python3-venv
  say "installing moto and aws in $VENV"
  python3 -m venv "$VENV"
  "$VENV/bin/pip" install --quiet 'moto[server]==5.2.1' \
    'awscli==1.45.11' 'boto3==1.43.11' 'botocore==1.43.11' ||
    stop "moto and aws cannot be installed from PyPI. Install moto[server] by hand and set MOTO_SERVER to its moto_server; install aws."
}

# Finds moto, which stands in for AWS in the tests, or installs it; sets MOTO_SERVER.
need_moto() {
  if [ -n "${MOTO_SERVER:-}" ]; then
    return
  elif command -v moto_server >/dev/null && moto_server --help >/dev/null 2>&1; then
    MOTO_SERVER=$(command -v moto_server)
  else
    need_venv
    MOTO_SERVER=$VENV/bin/moto_server
  fi
  export MOTO_SERVER
}

# The program `aws`, for the runbook's commands.
need_aws() {
  if aws --version >/dev/null 2>&1; then return; fi
  need_venv
  export PATH="$PATH:$VENV/bin"
}

# Debian's promtool, for the rules of Prometheus, in a folder of its own: the package itself would start a server.
need_promtool() {
  if command -v promtool >/dev/null; then return; fi
  local folder=${XDG_CACHE_HOME:-$HOME/.cache}/fusion-comms/promtool
  if [ ! -x "$folder/promtool" ]; then
    command -v apt-get >/dev/null || stop "missing: promtool. It is part of Prometheus (prometheus.io/download); put it on the PATH."
    say "unpacking promtool in $folder"
    local unpacked
    unpacked=$(mktemp -d)
    (
      cd "$unpacked"
      download_package prometheus || { as_root apt-get update -qq && download_package prometheus; }
      dpkg-deb -x prometheus_*.deb .
    ) || stop "promtool cannot be had from Debian's package prometheus. Put promtool on the PATH."
    mkdir -p "$folder"
    mv "$unpacked/usr/bin/promtool" "$folder/promtool"
    rm -r "$unpacked"
  fi
  export PATH="$PATH:$folder"
}

# The package's file alone, into this folder; nothing is installed.
download_package() { apt-get -qq -o APT::Sandbox::User=root download "$1" 2>/dev/null; }

# What operators type the runbook's other commands at.
need_operators_tools() {
  command -v curl >/dev/null || install_packages curl
  command -v psql >/dev/null || install_packages postgresql-client
  command -v python3 >/dev/null || install_packages python3
}
