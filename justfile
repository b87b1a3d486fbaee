# Short names for the cargo commands of the README; nothing here that cargo alone cannot do.

_default:
    @just --list

# Fill an empty SQLite file with a demo company; a server with one is `cargo run -p account -- serve --demo`
demo *ARGS:
    cargo run --package account -- demo {{ARGS}}

# Every test, with a throw-away PostgreSQL
test *ARGS:
    cargo xtask test {{ARGS}}

# Everything that must hold before a change is taken
ci:
    .ci/run

# Format everything
fmt:
    cargo fmt --all

# Bring docs/openapi.json up to date
openapi:
    cargo xtask generated --write
