// Runs a job with nothing but what openapi-typescript made of the document: node client.js URL KEY MODULE
import { readFile } from "node:fs/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const [url, key, module] = process.argv.slice(2);
if (!url || !key || !module) throw new Error("usage: client.js URL KEY MODULE");

const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });

const bytes = await readFile(module);
const upload = await client.POST("/v1/blobs", {
  headers: { "Content-Type": "application/octet-stream" },
  body: "",
  bodySerializer: () => bytes,
});
if (!upload.data) throw new Error(upload.error.detail);

const deployed = await client.POST("/v1/programs", { body: { module: upload.data.id, name: "echo" } });
if (!deployed.data) throw new Error(deployed.error.detail);

const body: components["schemas"]["JobRequest"] = {
  requestId: `typescript-${Date.now()}`,
  program: deployed.data.id,
  inputText: "hello typescript",
  priceMax: "100000",
};
const submitted = await client.POST("/v1/jobs", { params: { query: { wait: 30 } }, body });
if (!submitted.data) {
  const code: components["schemas"]["ErrorCode"] = submitted.error.code;
  throw new Error(`${code}: ${submitted.error.detail}`);
}
const job: components["schemas"]["Job"] = submitted.data;
if (job.state !== "completed") throw new Error(`the job is ${job.state}: ${job.reason ?? ""}`);

let count = 0;
for (let cursor: string | undefined; ;) {
  const page = await client.GET("/v1/jobs", { params: { query: { state: "completed", limit: 10, ...(cursor ? { cursor } : {}) } } });
  if (!page.data) throw new Error(page.error.detail);
  count += page.data.items.filter(item => item.id === job.id).length;
  cursor = page.data.next;
  if (!cursor) break;
}
if (count !== 1) throw new Error(`the list has the job ${count} times`);

const missing = await client.GET("/v1/jobs/{job}", { params: { path: { job: "0".repeat(64) } } });
if (missing.error?.code !== "job_not_found") throw new Error("a job that does not exist was found");

console.log(Buffer.from(job.output?.inline ?? "", "base64").toString());
