// @connectrpc/connect-node: three protocols, two codecs, against one server. Arguments: URL of HTTP/2, URL of HTTP/1.1, descriptor set.
import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';

const [, , http2, http1, descriptors] = process.argv;
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const service = registry.getService('grpc.testing.TestService');
const sizes = [31415, 9, 2653, 58979];

const transports = { grpc: createGrpcTransport({ baseUrl: http2 }) };
for (const useBinaryFormat of [true, false]) {
  const codec = useBinaryFormat ? 'binary' : 'json';
  transports[`connect http2 ${codec}`] = createConnectTransport({ baseUrl: http2, httpVersion: '2', useBinaryFormat });
  transports[`connect http1 ${codec}`] = createConnectTransport({ baseUrl: http1, httpVersion: '1.1', useBinaryFormat });
  transports[`connect get ${codec}`] = createConnectTransport({ baseUrl: http1, httpVersion: '1.1', useBinaryFormat, useHttpGet: true });
}
for (const [version, baseUrl] of [['2', http2], ['1.1', http1]]) {
  transports[`grpc-web http${version}`] = createGrpcWebTransport({ baseUrl, httpVersion: version });
}

for (const [name, transport] of Object.entries(transports)) {
  const client = createClient(service, transport);
  let headers;
  let trailers;
  const response = await client.unaryCall(
    { responseSize: 314159, payload: { body: new Uint8Array(271828) } },
    {
      headers: { 'x-grpc-test-echo-initial': 'value', 'x-grpc-test-echo-trailing-bin': 'q6ur' },
      onHeader: (h) => { headers = h; },
      onTrailer: (t) => { trailers = t; },
    });
  assert.equal(response.payload.body.length, 314159);
  assert.equal(headers.get('x-grpc-test-echo-initial'), 'value');
  assert.equal(trailers.get('x-grpc-test-echo-trailing-bin'), 'q6ur');

  const cached = await client.cacheableUnaryCall({ responseSize: 9 });
  assert.equal(cached.payload.body.length, 9);
  await assert.rejects(client.cacheableUnaryCall({ responseStatus: { code: 5, message: 'no' } }), (e) => e.code === Code.NotFound);

  const seen = [];
  for await (const message of client.streamingOutputCall({ responseParameters: sizes.map((size) => ({ size })) })) {
    seen.push(message.payload.body.length);
  }
  assert.deepEqual(seen, sizes);

  const refusal = await failure(client.unaryCall({ responseStatus: { code: 5, message: 'grün ☺' } }));
  assert.equal(refusal.code, Code.NotFound);
  assert.equal(refusal.rawMessage, 'grün ☺');
  const streamed = await failure((async () => {
    for await (const message of client.streamingOutputCall({ responseStatus: { code: 9, message: 'no' } })) assert.fail(message);
  })());
  assert.equal(streamed.code, Code.FailedPrecondition);
  assert.equal((await failure(client.unimplementedCall({}))).code, Code.Unimplemented);

  if (!name.includes('grpc-web')) {
    const sum = await client.streamingInputCall((async function* () {
      for (const size of sizes) yield { payload: { body: new Uint8Array(size) } };
    })());
    assert.equal(sum.aggregatedPayloadSize, 93056);
  }
  if (name === 'grpc' || name.startsWith('connect http2')) {
    const echoed = [];
    for await (const message of client.fullDuplexCall((async function* () {
      for (const size of sizes) yield { responseParameters: [{ size }] };
    })())) echoed.push(message.payload.body.length);
    assert.deepEqual(echoed, sizes);
  }
  console.log(`passed: ${name}`);
}
console.log('ALL OK');
process.exit(0);

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error('a failure was expected');
}
