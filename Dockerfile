# syntax=docker/dockerfile:1
# Both servers, one target each: docker build --target write-server .
# They are configured by environment variables alone: docs/configuration.md.

FROM eclipse-temurin:25.0.4_7-jdk-noble AS build
WORKDIR /src
# What changes seldom first. What Maven downloads stays in a cache of the builder's.
COPY .mvn .mvn
COPY mvnw pom.xml ./
COPY tooling tooling
COPY proto proto
COPY platform platform
COPY write-server write-server
COPY read-server read-server
# A module of the root, which Maven wants to see.
COPY examples/java examples/java
RUN --mount=type=cache,target=/root/.m2 \
  ./mvnw -B -q --no-transfer-progress -Dmaven.test.skip=true -Dspotless.check.skip=true \
    -pl write-server,read-server -am package
# Libraries of others and our own in layers of their own: only the latter change with the sources.
RUN for server in write-server read-server; do \
    mkdir -p /out/$server/ours && cp -r $server/target/lib /out/$server/lib && \
    mv /out/$server/lib/proto-[0-9]*.jar /out/$server/lib/platform-[0-9]*.jar /out/$server/ours/ && cp $server/target/$server.jar /out/$server/; \
  done

FROM eclipse-temurin:25.0.4_7-jre-noble AS server
# The folders that volumes are mounted on: a new volume takes its owner from them.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin payments && \
  install -d -o payments -g payments /var/lib/payments /var/lib/payments-reports
WORKDIR /opt/payments
USER 10001
# Sizes for a container of 1 GiB or more; whoever sets the variable replaces them all. All of the heap from the
# start: G1 keeps one that may grow so small that it marks it again and again. Buffers of the network, which
# gRPC and Redis's client count for themselves, would without a limit take as much as the heap, each.
ENV JDK_JAVA_OPTIONS="-XX:InitialRAMPercentage=50 -XX:MaxRAMPercentage=50 -XX:MaxDirectMemorySize=128m"

# G1 even below 2 GB, where the JVM would choose to collect on one thread with everything standing still.
# Regions of 4 MiB: the read-server's bulk requests would else be humongous, and each start a marking of the heap.
FROM server AS write-server
COPY --from=build /out/write-server/lib lib/
COPY --from=build /out/write-server/ours lib/
COPY --from=build /out/write-server/write-server.jar ./
EXPOSE 50051 50061 8081
HEALTHCHECK --interval=5s --timeout=3s --start-period=180s --start-interval=1s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${HTTP_PORT:-8081} && printf 'GET /health/readiness HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["java", "-XX:+UseG1GC", "-XX:G1HeapRegionSize=4m", "-XX:+UseCompactObjectHeaders", "-XX:+ExitOnOutOfMemoryError", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-jar", "write-server.jar"]

FROM server AS read-server
COPY --from=build /out/read-server/lib lib/
COPY --from=build /out/read-server/ours lib/
COPY --from=build /out/read-server/read-server.jar ./
EXPOSE 50052 50062 8082
HEALTHCHECK --interval=5s --timeout=3s --start-period=180s --start-interval=1s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${HTTP_PORT:-8082} && printf 'GET /health/readiness HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["java", "-XX:+UseG1GC", "-XX:G1HeapRegionSize=4m", "-XX:+UseCompactObjectHeaders", "-XX:+ExitOnOutOfMemoryError", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-jar", "read-server.jar"]
