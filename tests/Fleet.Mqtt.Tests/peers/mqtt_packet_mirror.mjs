// Reads lines "VERSION HEX" with one packet each, parses it with mqtt-packet, writes it again with mqtt-packet and prints the bytes as hex.
import { createInterface } from "node:readline";
import { generate, parser } from "mqtt-packet";

for await (const line of createInterface({ input: process.stdin })) {
  const [version, hex] = line.split(" ");
  const options = { protocolVersion: Number(version) };
  try {
    let packet;
    const parse = parser(options);
    parse.on("packet", (p) => (packet = p));
    parse.on("error", (e) => { throw e; });
    parse.parse(Buffer.from(hex, "hex"));
    if (!packet) throw new Error("not a whole packet");
    // What the parser calls differently from the generator.
    if (packet.cmd === "suback" || packet.cmd === "unsuback") packet.granted ??= packet.reasonCodes;
    console.log(generate(packet, options).toString("hex"));
  } catch (error) {
    console.log(`error ${error.message}`);
  }
}
