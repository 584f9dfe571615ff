// Runs the payloads in tests/devices/drivers/zigbee_vectors.json through the converters that Zigbee2MQTT itself uses,
// and writes down what came out. The tests hold our codec against what is written there, so they need neither node nor
// the package. To record anew, in a folder of its own:
//   npm install zigbee-herdsman-converters && node .../tools/zigbee_vectors.mjs .../zigbee_vectors.json
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const toZigbee = require("zigbee-herdsman-converters/converters/toZigbee");
const fromZigbee = require("zigbee-herdsman-converters/converters/fromZigbee");
const version = JSON.parse(readFileSync("node_modules/zigbee-herdsman-converters/package.json", "utf8")).version;
const file = process.argv[2];
const vectors = JSON.parse(readFileSync(file, "utf8"));

const mapped = { meta: { pinCodeCount: 50 } };
const setters = { state: toZigbee.lock, pin_code: toZigbee.pincode_lock };

for (const each of vectors.commands) {
  const sent = [];
  const entity = {
    command: async (cluster, command, payload) => { sent.push({ cluster, command, payload }); },
    read: async (cluster, attributes) => { sent.push({ cluster, read: attributes }); },
  };
  const [key, value] = Object.entries(each.payload)[0];
  const meta = { message: each.payload, mapped, options: {}, state: {}, device: {} };
  try {
    if (each.end === "set") await setters[key].convertSet(entity, key, value, meta);
    else await setters[key].convertGet(entity, key, meta);
    each.sent = sent;
    delete each.refused;
  } catch (error) {
    each.sent = [];
    each.refused = String(error.message);
  }
}

const readers = [
  "lock", "lock_operation_event", "lock_programming_event", "lock_pin_code_response", "lock_set_pin_code_response",
  "lock_user_status_response",
].map((name) => fromZigbee[name]);
Date.now = () => 1700000000000;

for (const each of vectors.notifications) {
  const payload = {};
  for (const reader of readers) {
    const fits = reader.cluster === "closuresDoorLock" && [reader.type].flat().includes(each.type);
    if (fits) Object.assign(payload, reader.convert({ meta: {} }, { ...each, endpoint: {}, device: {} }, () => {}, each.options ?? {}, {}));
  }
  each.payload = payload;
}

vectors.recorded_with = `zigbee-herdsman-converters ${version}`;
writeFileSync(file, JSON.stringify(vectors, null, 1) + "\n");
