// aedes on free ports of the loopback: aedes_broker.mjs CERT_DIR. Prints the plain and the TLS port, ends with its standard input.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createServer as createSecureServer } from "node:tls";
import { Aedes } from "aedes";

const certificates = process.argv[2];
const read = (name) => readFileSync(`${certificates}/${name}`);
const aedes = await Aedes.createBroker();
const plain = createServer(aedes.handle);
const secure = createSecureServer({ ca: read("ca.crt"), cert: read("server.crt"), key: read("server.key"), requestCert: true }, aedes.handle);
plain.listen(0, "127.0.0.1", () => secure.listen(0, "127.0.0.1", () => console.log(`${plain.address().port} ${secure.address().port}`)));
process.stdin.on("end", () => process.exit(0)).resume();
