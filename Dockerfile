# Not built in CI: no container engine runs there. Try it before you rely on it: docker build -t sekisho . && docker run --rm sekisho --version
FROM docker.io/library/rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package sekisho

# glibc, certificates and nothing else: no shell, no package manager. The user is `nonroot` (65532).
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /source/target/release/sekisho /usr/local/bin/sekisho
COPY --from=build /source/LICENSE /source/NOTICE /usr/share/doc/sekisho/
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/sekisho"]
CMD ["--help"]
