// Runs batches through tedious: reads the order from stdin, writes canonical JSON to stdout.

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual, promisify } from 'node:util';
import { Connection, Request, TYPES } from 'tedious';

const order = JSON.parse(readFileSync(0, 'utf8'));
const { server } = order;

const connection = new Connection({
  // A name: TLS has none for addresses.
  server: server.host === '127.0.0.1' ? 'localhost' : server.host,
  authentication: { type: 'default', options: { userName: server.user, password: server.password } },
  options: {
    port: server.port,
    encrypt: server.certificate !== null,
    trustServerCertificate: false,
    cryptoCredentialsDetails: server.certificate === null ? {} : { ca: pem(server.certificate) },
    requestTimeout: 30_000,
  },
});

let results = [];
let messages = [];
for (const kind of ['infoMessage', 'errorMessage']) {
  connection.on(kind, ({ number, class: severity, message }) => messages.push([number, severity, message]));
}

await new Promise((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
const answers = [];
for (const batch of order.batches) answers.push(await answer(batch));
connection.close();
process.stdout.write(JSON.stringify(answers));

async function answer({ sql, parameters }) {
  if (!parameters) return run(sql, (request) => connection.execSqlBatch(request));
  const text = parameters.reduce((text, _, index) => text.replace(`{${index}}`, `@p${index}`), sql);
  const types = parameters.map((value) => (typeof value === 'number' ? TYPES.Int : TYPES.NVarChar));
  const declare = (request, values) => types.forEach((type, index) => request.addParameter(`p${index}`, type, values[index]));
  const called = await run(text, (request) => {
    declare(request, parameters);
    connection.execSql(request);
  });
  // Prepared once, carried out twice, in a transaction of tedious's own: the same each time.
  await promisify((done) => connection.beginTransaction(done))();
  let request;
  await run(text, (prepared) => {
    request = prepared;
    declare(request, []);
    request.once('prepared', () => request.finished());
    connection.prepare(request);
  });
  const again = [];
  const values = Object.fromEntries(parameters.map((value, index) => [`p${index}`, value]));
  for (let time = 0; time < 2; time += 1) again.push(await rerun(request, () => connection.execute(request, values)));
  await rerun(request, () => connection.unprepare(request));
  await promisify((done) => connection.commitTransaction(done))();
  if (!again.every((answer) => isDeepStrictEqual(answer, called))) {
    throw new Error(`prepared, ${text} gives ${JSON.stringify(again)}, not ${JSON.stringify(called)}`);
  }
  return called;
}

// A request's whole course; the error of one that fails is among the messages.
function run(text, start) {
  const request = new Request(text, () => request.finished());
  request.on('columnMetadata', (columns) => {
    results.push({ columns: columns.map((column) => column.colName), rows: [] });
  });
  request.on('row', (row) => results.at(-1).rows.push(row.map(({ value, metadata }) => cell(value, metadata))));
  return rerun(request, () => start(request));
}

function rerun(request, start) {
  [results, messages] = [[], []];
  return new Promise((resolve) => {
    request.finished = () => resolve({ results, messages });
    start();
  });
}

function cell(value, { type: { name } }) {
  if (value === null) return null;
  if (typeof value === 'boolean') return value ? 'bit:1' : 'bit:0';
  if (typeof value === 'number') return number(value);
  if (value instanceof Date) return `time:${value.toISOString().slice(0, -1)}`;
  if (Buffer.isBuffer(value)) return `bytes:${value.toString('hex')}`;
  if (name === 'UniqueIdentifier') return `guid:${value.toLowerCase()}`;
  if (name === 'BigInt' || name === 'IntN') return number(Number(value));
  return `text:${value}`;
}

// As `number` of canonical.py.
function number(value) {
  if (Number.isSafeInteger(value)) return `number:${value}`;
  const [digits, exponent] = value.toExponential(13).split('e');
  return `number:${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

function pem(certificate) {
  const lines = Buffer.from(certificate, 'hex').toString('base64').match(/.{1,64}/g);
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
