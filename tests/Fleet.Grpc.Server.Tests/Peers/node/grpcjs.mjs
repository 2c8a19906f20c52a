// @grpc/grpc-js: `client PORT` runs the interoperability cases, `server PORT` serves them.
import assert from 'node:assert/strict';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [, , role, port, folder] = process.argv;
const definition = loader.loadSync('grpc/testing/test.proto', { includeDirs: [folder], keepCase: true, defaults: true });
const { testing } = grpc.loadPackageDefinition(definition).grpc;
const zeros = (size) => ({ body: Buffer.alloc(size) });
const sizes = [27182, 8, 1828, 45904];

if (role === 'client') {
  await client();
} else {
  server();
}

function unary(stub, method, request, ...rest) {
  return new Promise((resolve, reject) => {
    stub[method](request, ...rest, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

async function collect(call) {
  const all = [];
  for await (const message of call) all.push(message);
  return all;
}

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('a failure was expected');
}

async function client() {
  const address = `localhost:${port}`;
  const stub = new testing.TestService(address, grpc.credentials.createInsecure());
  const zipped = new testing.TestService(address, grpc.credentials.createInsecure(), { 'grpc.default_compression_algorithm': 2 });
  await unary(stub, 'EmptyCall', {});
  for (const each of [stub, zipped]) {
    const response = await unary(each, 'UnaryCall', {
      response_size: 314159, payload: zeros(271828), response_compressed: { value: true }, expect_compressed: { value: each === zipped },
    });
    assert.equal(response.payload.body.length, 314159);
  }
  const sum = await new Promise((resolve, reject) => {
    const call = stub.StreamingInputCall((error, response) => (error ? reject(error) : resolve(response)));
    for (const size of sizes) call.write({ payload: zeros(size) });
    call.end();
  });
  assert.equal(sum.aggregated_payload_size, 74922);
  const output = await collect(stub.StreamingOutputCall({ response_parameters: sizes.map((size) => ({ size, compressed: { value: true } })) }));
  assert.deepEqual(output.map((m) => m.payload.body.length), sizes);

  const duplex = stub.FullDuplexCall();
  for (const size of sizes) duplex.write({ response_parameters: [{ size }], payload: zeros(size) });
  duplex.end();
  assert.deepEqual((await collect(duplex)).map((m) => m.payload.body.length), sizes);
  const empty = stub.FullDuplexCall();
  empty.end();
  assert.deepEqual(await collect(empty), []);

  const metadata = new grpc.Metadata();
  metadata.set('x-grpc-test-echo-initial', 'value');
  metadata.set('x-grpc-test-echo-trailing-bin', Buffer.from([0xab, 0xab, 0xab]));
  await new Promise((resolve, reject) => {
    let initial;
    const call = stub.UnaryCall({}, metadata, (error) => error && reject(error));
    call.on('metadata', (m) => { initial = m.get('x-grpc-test-echo-initial')[0]; });
    call.on('status', (status) => {
      try {
        assert.equal(initial, 'value');
        assert.deepEqual(status.metadata.get('x-grpc-test-echo-trailing-bin')[0], Buffer.from([0xab, 0xab, 0xab]));
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  });

  const text = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
  const special = await failure(unary(stub, 'UnaryCall', { response_status: { code: 2, message: text } }));
  assert.equal(special.code, grpc.status.UNKNOWN);
  assert.equal(special.details, text);
  assert.equal((await failure(unary(stub, 'UnimplementedCall', {}))).code, grpc.status.UNIMPLEMENTED);
  const none = new testing.UnimplementedService(address, grpc.credentials.createInsecure());
  assert.equal((await failure(unary(none, 'UnimplementedCall', {}))).code, grpc.status.UNIMPLEMENTED);

  const late = stub.FullDuplexCall({ deadline: Date.now() + 50 });
  late.write({ response_parameters: [{ size: 1, interval_us: 5000000 }] });
  assert.equal((await failure(collect(late))).code, grpc.status.DEADLINE_EXCEEDED);
  const cancelled = stub.FullDuplexCall();
  cancelled.write({ response_parameters: [{ size: 31415 }] });
  assert.equal((await failure((async () => {
    for await (const message of cancelled) {
      assert.equal(message.payload.body.length, 31415);
      cancelled.cancel();
    }
  })())).code, grpc.status.CANCELLED);
  console.log('ALL OK');
  process.exit(0);
}

function echo(call) {
  const initial = call.metadata.get('x-grpc-test-echo-initial');
  if (initial.length > 0) {
    const metadata = new grpc.Metadata();
    metadata.set('x-grpc-test-echo-initial', initial[0]);
    call.sendMetadata(metadata);
  }
  const trailing = call.metadata.get('x-grpc-test-echo-trailing-bin');
  const trailers = new grpc.Metadata();
  if (trailing.length > 0) trailers.set('x-grpc-test-echo-trailing-bin', trailing[0]);
  return trailers;
}

function asked(request) {
  return request.response_status && request.response_status.code !== 0
    ? { code: request.response_status.code, details: request.response_status.message } : null;
}

function server() {
  const host = new grpc.Server({ 'grpc.default_compression_algorithm': 2 });
  host.addService(testing.TestService.service, {
    EmptyCall: (call, done) => done(null, {}),
    UnaryCall: (call, done) => {
      const trailers = echo(call);
      const refusal = asked(call.request);
      return refusal ? done(refusal) : done(null, { payload: zeros(call.request.response_size) }, trailers);
    },
    StreamingOutputCall: (call) => {
      for (const { size } of call.request.response_parameters) call.write({ payload: zeros(size) });
      call.end();
    },
    StreamingInputCall: (call, done) => {
      let sum = 0;
      call.on('data', (m) => { sum += m.payload.body.length; });
      call.on('end', () => done(null, { aggregated_payload_size: sum }));
    },
    FullDuplexCall: (call) => {
      const trailers = echo(call);
      call.on('data', (request) => {
        const refusal = asked(request);
        if (refusal) call.emit('error', refusal);
        else for (const { size } of request.response_parameters) call.write({ payload: zeros(size) });
      });
      call.on('end', () => call.end(trailers));
    },
  });
  host.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error) => {
    if (error) throw error;
    console.log('listening');
  });
}
