FROM rust:1.95-slim-bookworm AS build
# The image's own toolchain: rust-toolchain.toml would fetch clippy and rustfmt as well.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin lapse

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/lapse --shell /usr/sbin/nologin lapse \
 && install -d -o lapse -g lapse -m 0700 /var/lib/lapse
COPY --from=build /src/target/release/lapse /usr/local/bin/lapse
USER lapse
WORKDIR /var/lib/lapse
VOLUME /var/lib/lapse
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["lapse", "health"]
ENTRYPOINT ["lapse"]
CMD ["serve"]
