# Both services in one image: `auth-service` (the default command) and `resource-service`, the libraries they are linked with, and
# nothing else: no shell, no package manager.
#
# The base images can be pinned by digest (NAME:TAG@sha256:…); deploy/pin-images prints them.
ARG RUST_IMAGE=rust:1.95-slim-trixie
# Its C library must be at least as new as that of RUST_IMAGE, which the programs are linked against.
ARG DEBIAN_IMAGE=debian:trixie-slim

# The manifests, with empty programs in place of the source files that Cargo requires. They are identical as long as no
# dependency changes, so that the layers built from them stay cached.
FROM ${RUST_IMAGE} AS manifests
WORKDIR /build
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path './.cargo/*' ! -path '*/src/lib.rs' ! -path '*/src/main.rs' \
      ! -path '*/examples/*.rs' ! -path '*/benches/*.rs' -delete \
    && find . -type d -empty -delete \
    && find . -name '*.rs' -exec sh -c 'for file; do echo "fn main() { }" > "$file"; done' sh {} +

# All stages below run the same build, so that each reuses the output of the previous one. Cargo compares modification times,
# and a checkout may be older than a layer, so copied files are touched.
FROM ${RUST_IMAGE} AS dependencies
# The vendored OpenSSL records this as the time of its build, so that two builds do not differ in it.
ENV SOURCE_DATE_EPOCH=0
# Build tools for the vendored OpenSSL, and a C++ compiler for the rest; a no-op if the image has them.
RUN apt-get update && apt-get install -y --no-install-recommends g++ make perl && rm -rf /var/lib/apt/lists/*
WORKDIR /build
RUN printf '%s\n' '#!/bin/sh' 'set -eu' 'find "$@" -name "*.rs" -exec touch {} +' \
      'cargo build --locked --release -p auth-service -p resource-service --features auth-service/postgres-tls' \
      >/usr/local/bin/build && chmod 755 /usr/local/bin/build
COPY --from=manifests /build .
RUN build .

FROM dependencies AS sbom
COPY deploy/make-sbom /usr/local/bin/make-sbom
RUN mkdir /out && make-sbom >/out/sbom.cdx.json

FROM dependencies AS common
COPY shared shared
COPY service-kit service-kit
RUN build shared service-kit

# A change to one service rebuilds only that one. The help text proves that the result is not the empty program.
FROM common AS auth-service
COPY migrations migrations
COPY auth-service auth-service
RUN build auth-service && install -s -D -t /out target/release/auth-service && /out/auth-service --help | grep -q healthcheck

FROM common AS resource-service
COPY resource-service resource-service
RUN build resource-service && install -s -D -t /out target/release/resource-service && /out/resource-service --help | grep -q healthcheck

# The file system of the image. New volumes inherit the owner of the directory on which they are mounted.
FROM ${DEBIAN_IMAGE} AS files
COPY --from=auth-service /out/ /image/usr/local/bin/
COPY --from=resource-service /out/ /image/usr/local/bin/
# The root certificates of the build stage, so that this stage needs no network.
COPY --from=dependencies /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt
COPY --from=sbom /out/ /image/usr/share/doc/auth-service/
RUN set -eu; \
    for library in $(ldd /image/usr/local/bin/* | grep -o '/[^ :)]*' | grep -v '^/image/' | sort -u); do \
      cp -L --parents "$library" /image; \
    done; \
    cp -L --parents /etc/os-release /image; \
    echo 'hosts: files dns' >/image/etc/nsswitch.conf; \
    echo 'service:x:10001:10001::/srv:/nonexistent' >/image/etc/passwd; \
    echo 'service:x:10001:' >/image/etc/group; \
    install -d -m 1777 /image/tmp; \
    install -d /owned/srv/data /owned/srv/cache; install -d -m 0700 /owned/run/secrets

FROM scratch
COPY --from=files /image/ /
COPY --from=files --chown=10001:10001 /owned/ /
ENV PATH=/usr/local/bin
ENV AUTH__LISTEN=0.0.0.0:5000 RESOURCE__LISTEN=0.0.0.0:5001
USER 10001:10001
WORKDIR /srv
EXPOSE 5000 5001
# For resource-service, docker-compose.yml overrides this with the same command of that program.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["auth-service", "healthcheck"]
CMD ["auth-service"]
