// A small Lambda runtime in place of `aws-lambda-ric`, which builds libcurl with CMake, and needs Node.js 22 since version 4.
// Like that, it loads the function before the first poll, and keeps its connection.

import { Agent, request } from "node:http";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function ask(method, path, body) {
  return new Promise((done, fail) => {
    const typed = { "content-type": "application/json", "content-length": Buffer.byteLength(body ?? "") };
    const headers = body === undefined ? {} : typed;
    const asked = request({ agent, host, port, method, path: `/2018-06-01/runtime/${path}`, headers }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => done({ headers: answer.headers, body: Buffer.concat(chunks) }));
      answer.on("error", fail);
    });
    asked.on("error", fail);
    asked.end(body);
  });
}

const errorBody = (error) => JSON.stringify({ errorType: error.name, errorMessage: error.message, stackTrace: [] });

let handler;
try {
  ({ handler } = await import(pathToFileURL(resolve(process.argv[2]))));
} catch (error) {
  await ask("POST", "init/error", errorBody(error));
  throw error;
}
for (;;) {
  const { headers, body } = await ask("GET", "invocation/next");
  const id = headers["lambda-runtime-aws-request-id"];
  try {
    const event = JSON.parse(body);
    const context = { awsRequestId: id, deadline: Number(headers["lambda-runtime-deadline-ms"]) };
    await ask("POST", `invocation/${id}/response`, JSON.stringify(await handler(event, context)));
  } catch (error) {
    await ask("POST", `invocation/${id}/error`, errorBody(error));
  }
}
