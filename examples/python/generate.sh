#!/bin/sh
# Generates stubs/ from the contracts: by grpcio-tools from pip, or else by Debian's protoc, which also
# needs a folder with google/rpc/*.proto as argument, for Debian has no googleapis-common-protos.
set -eu
cd "$(dirname "$0")"
contracts=../../proto/src/main/proto
rm -rf stubs && mkdir stubs
if [ $# -eq 0 ]; then
  python3 -m grpc_tools.protoc -I "$contracts" --python_out=stubs --grpc_python_out=stubs \
    "$contracts"/gyroscops/payments/v1/*.proto
else
  protoc -I "$contracts" -I "$1" --python_out=stubs --grpc_out=stubs \
    --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" \
    "$contracts"/gyroscops/payments/v1/*.proto \
    "$1"/google/rpc/status.proto "$1"/google/rpc/error_details.proto
fi
