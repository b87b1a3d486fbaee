import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const { ACCOUNT: baseUrl = "http://127.0.0.1:8080", KEY } = process.env;
const account = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${KEY}` } });

const query = { status: ["pending_approval" as const], sort: "-created_at" as const, limit: 10 };
const { data, error } = await account.GET("/v1/service-requests", { params: { query } });
if (error) throw new Error(`${error.type}: ${error.detail}`);
for (const request of data.items) console.log(request.code, request.estimated_credits, request.title);
