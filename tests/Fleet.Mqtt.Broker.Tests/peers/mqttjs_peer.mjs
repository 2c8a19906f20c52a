// Scenarios of an MQTT.js client: node mqttjs_peer.mjs SCENARIO PORT [CERT_DIR|ws]. Prints one line for each thing seen.
import { readFileSync } from "node:fs";
import mqtt from "mqtt";

const [, , scenario, port, certificates] = process.argv;
const protocolVersion = scenario.endsWith("-311") ? 4 : 5;
const base = { protocolVersion, reconnectPeriod: 0, connectTimeout: 10_000 };
const webSocket = certificates === "ws";
const tls = certificates && !webSocket
  ? { ca: readFileSync(`${certificates}/ca.crt`), cert: readFileSync(`${certificates}/client.crt`), key: readFileSync(`${certificates}/client.key`) }
  : {};
const url = webSocket ? `ws://127.0.0.1:${port}/mqtt` : certificates ? `mqtts://localhost:${port}` : `mqtt://127.0.0.1:${port}`;

const keep = (seconds) => (protocolVersion === 5 ? { properties: { sessionExpiryInterval: seconds } } : {});

async function open(clientId, options = {}) {
  const messages = [];
  const waiting = [];
  const client = mqtt.connect(url, { ...base, ...tls, clientId, clean: true, ...options });
  client.on("message", (topic, payload, packet) => {
    const message = { topic, text: payload.toString(), packet };
    const waiter = waiting.shift();
    if (waiter) waiter(message);
    else messages.push(message);
  });
  const connack = await new Promise((resolve, reject) => {
    client.once("connect", resolve);
    client.once("error", reject);
  });
  const next = () =>
    messages.length ? Promise.resolve(messages.shift()) : new Promise((resolve, reject) => {
      waiting.push(resolve);
      setTimeout(() => reject(new Error("no message")), 10_000).unref();
    });
  return { client, connack, next, messages };
}

const scenarios = {
  async echo() {
    const peer = await open("js-echo");
    await peer.client.subscribeAsync("js/#", { qos: 2 });
    for (const qos of [0, 1, 2]) {
      await peer.client.publishAsync(`js/${qos}`, `hello ${qos}`, { qos });
      const message = await peer.next();
      console.log("echo", message.topic, message.text, message.packet.qos);
    }
    await peer.client.endAsync();
  },
  async will() {
    const watcher = await open("js-watcher");
    await watcher.client.subscribeAsync("will/#", { qos: 1 });
    const victim = await open("js-victim", { will: { topic: "will/js", payload: Buffer.from("gone"), qos: 1, retain: false } });
    victim.client.stream.destroy();
    const message = await watcher.next();
    console.log("will", message.topic, message.text);
    await watcher.client.endAsync();
  },
  async resume() {
    const first = await open("js-resume", protocolVersion === 5 ? keep(300) : { clean: false });
    await first.client.subscribeAsync("resume/#", { qos: 1 });
    await first.client.endAsync();
    const other = await open("js-other");
    await other.client.publishAsync("resume/1", "kept", { qos: 1 });
    await other.client.endAsync();
    const again = await open("js-resume", { clean: false, ...keep(300) });
    console.log("resume", again.connack.sessionPresent, (await again.next()).text);
    await again.client.endAsync();
  },
  async shared() {
    const members = [await open("js-0"), await open("js-1"), await open("js-2")];
    for (const member of members) await member.client.subscribeAsync("$share/g/jobs/#", { qos: 1 });
    for (let i = 0; i < 30; i++) await members[0].client.publishAsync(`jobs/${i}`, String(i), { qos: 1 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const got = members.map((m) => m.messages.length);
    console.log("shared", got.reduce((a, b) => a + b), got.every((n) => n > 0));
    for (const member of members) await member.client.endAsync();
  },
  async properties() {
    const peer = await open("js-properties", { properties: { topicAliasMaximum: 5 } });
    await peer.client.subscribeAsync("p", { qos: 1, properties: { subscriptionIdentifier: 42 } });
    const properties = { contentType: "text/plain", responseTopic: "r", correlationData: Buffer.from("id"), userProperties: { a: "1" }, payloadFormatIndicator: true, messageExpiryInterval: 100 };
    await peer.client.publishAsync("p", "x", { qos: 1, properties });
    const { packet } = await peer.next();
    const p = packet.properties;
    console.log("properties", p.contentType, p.responseTopic, p.correlationData.toString(), p.userProperties.a, p.payloadFormatIndicator, p.messageExpiryInterval, p.subscriptionIdentifier);
    await peer.client.endAsync();
  },
};

await scenarios[scenario.replace("-311", "")]();
process.exit(0);
