// The stream of requests, from Node.js: callers share it, and what they ask at the same time goes in one message.
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const protos = path.join(__dirname, '../../TinyKv.Protocol/protos');
const definition = loader.loadSync('tinykv/raw/v1/raw.proto', { includeDirs: [protos], longs: Number, oneofs: true });
const { Raw } = grpc.loadPackageDefinition(definition).tinykv.raw.v1;

class Requests {
  messages = 0;
  #stream;
  #asked = new Map(); // number → who waits
  #queue = [];
  #last = 0;
  #sends = false;

  constructor(client) {
    this.#stream = client.stream();
    this.#stream.on('data', envelope => this.#take(envelope));
    // What was under way may have been done.
    this.#stream.on('error', failure => this.#asked.forEach(({ reject }) => reject(failure)));
  }

  // kind is a field of NumberedRequest, and request its content.
  ask(kind, request) {
    return new Promise((resolve, reject) => {
      const number = ++this.#last;
      this.#asked.set(number, { resolve, reject });
      this.#queue.push({ number, [kind]: request });
      if (!this.#sends) setImmediate(() => this.#send());
      this.#sends = true;
    });
  }

  end() { this.#stream.end(); }

  // Goes on when the stream takes more: meanwhile requests gather. A message also has at most 1 MiB; these are small.
  #send() {
    const requests = this.#queue.splice(0, 1024);
    this.#sends = requests.length > 0;
    if (!this.#sends) return;
    this.messages++;
    this.#stream.write({ requests }, () => this.#send());
  }

  #take({ replies, closing }) {
    for (const reply of replies) {
      const { resolve, reject } = this.#asked.get(reply.number);
      this.#asked.delete(reply.number);
      const answer = reply[reply.reply];
      const wrong = reply.reply === 'failure' ? answer.message : answer.error || answer.regionError?.message;
      if (wrong) reject(new Error(wrong)); else resolve(answer);
    }
    if (closing) this.end(); // the store stops: a client would open a stream to another one
  }
}

async function main(endpoint = '127.0.0.1:20160') {
  const client = new Raw(endpoint, grpc.credentials.createInsecure());
  const requests = new Requests(client);
  const callers = Array.from({ length: 1000 }, (_, i) => Buffer.from(`caller-${i}`));

  await Promise.all(callers.map((key, i) => requests.ask('put', { key, value: Buffer.from(`number ${i}`) })));
  console.log(`${callers.length} callers have written, in ${requests.messages} message`);

  const read = await Promise.all(callers.map(key => requests.ask('get', { key })));
  const right = read.filter(({ value }, i) => value.value.toString() === `number ${i}`).length;
  console.log(`${right} callers have read what they wrote, in ${requests.messages - 1} message`);

  const second = await requests.ask('putIfAbsent', { key: callers[7], value: Buffer.from('mine') });
  console.log(`a second caller-7? ${second.succeeded ? 'yes' : `no, it holds ${second.previous.value}`}`);
  requests.end();
}

main(process.argv[2]).catch(failure => {
  console.error(failure.message);
  process.exitCode = 1;
});
