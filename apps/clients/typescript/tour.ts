// The main job of the README's tour: from a customer to the invoice for their work.
import assert from "node:assert/strict";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Problem = components["schemas"]["Problem"];

const { ACCOUNT: baseUrl, KEY } = process.env;
const as = (key: string | undefined): Client<paths> =>
  createClient<paths>({ baseUrl: baseUrl!, headers: { Authorization: `Bearer ${key}` } });

async function ok<T>(answer: Promise<{ data?: T; error?: Problem }>): Promise<T> {
  const { data, error } = await answer;
  if (error) throw new Error(`${error.status} ${error.type}: ${error.detail}`);
  assert(data !== undefined);
  return data;
}

const staff = as(KEY);
const brl = (amount: string) => ({ amount, currency: "BRL" });

const organization = await ok(
  staff.POST("/v1/organizations", {
    body: {
      name: "Typed",
      legal_name: "Typed Ltda",
      country: "BR",
      locale: "pt-BR",
      currency: "BRL",
      billing_email: "financeiro@typed.example",
    },
  }),
);
const { secret } = await ok(
  staff.POST("/v1/api-keys", {
    body: { name: "Typed portal", organization_id: organization.id, organization_role: "owner" },
  }),
);
const customer = as(secret);

const foreign = await customer.GET("/v1/organizations");
assert.equal(foreign.error?.type, "urn:middag:problem:forbidden");

await ok(
  staff.POST("/v1/products", {
    body: {
      sku: "TYPED-SUPPORT",
      class: "SVC",
      name: "Support, one year",
      price: brl("12000.00"),
      term_months: 12,
      support_class: "business",
      service: { type: "support", mode: "ongoing" },
      credits_included: "10",
    },
  }),
);
const order = await ok(
  staff.POST("/v1/orders", {
    body: {
      organization_id: organization.id,
      currency: "BRL",
      external_ref: "typed-1",
      lines: [{ product: "TYPED-SUPPORT", quantity: 1 }],
    },
  }),
);
const paid = await ok(
  staff.POST("/v1/orders/{order}/payments", {
    params: { path: { order: order.code } },
    body: { external_ref: "typed-pix-1", amount: brl("12000.00") },
  }),
);
assert.equal(paid.status, "fulfilled");

const ours = { params: { query: { organization_id: organization.id } } };
const [service] = (await ok(staff.GET("/v1/services", ours))).items;
assert(service);
const ofService = { params: { path: { service: service.id } } };
await ok(staff.POST("/v1/services/{service}/approve", { ...ofService, body: { reason: "agreed" } }));
await ok(staff.POST("/v1/services/{service}/activate", ofService));

await ok(
  staff.POST("/v1/catalog-items", {
    body: {
      code: "TYPED-UPDATE",
      name: "Plugin update",
      service_type: "upgrade",
      base_credits: "4",
      usual_complexity: "medium",
    },
  }),
);
const draft = await ok(
  staff.POST("/v1/service-requests", {
    body: { service_id: service.id, title: "Update the gradebook", catalog_item: "TYPED-UPDATE" },
  }),
);
const request = { params: { path: { service_request: draft.code } } };
await ok(
  staff.POST("/v1/service-requests/{service_request}/estimate", {
    ...request,
    body: { catalog_item: "TYPED-UPDATE", base_credit_value: brl("180") },
  }),
);
const submitted = await ok(staff.POST("/v1/service-requests/{service_request}/submit", request));
assert.equal(submitted.credit_hold?.held, "6");
await ok(customer.POST("/v1/portal/service-requests/{service_request}/approve", request));
await ok(
  staff.POST("/v1/service-requests/{service_request}/assign", { ...request, body: { assignee: "Ana" } }),
);
await ok(staff.POST("/v1/service-requests/{service_request}/start", request));
const completed = await ok(
  staff.POST("/v1/service-requests/{service_request}/complete", {
    ...request,
    body: { actual: "8", reason: "the plugin had to be ported" },
  }),
);
assert.deepEqual([completed.settlement?.debited, completed.settlement?.excess], ["10", "2"]);
await ok(customer.POST("/v1/portal/service-requests/{service_request}/accept", request));

await ok(staff.POST("/v1/billing-runs"));
const [invoice] = (await ok(staff.GET("/v1/invoices", ours))).items;
assert(invoice);
const issued = await ok(
  staff.POST("/v1/invoices/{invoice}/issue", {
    params: { path: { invoice: invoice.id } },
    body: { due_at: "2099-01-31T00:00:00Z" },
  }),
);
const work = issued.lines.find((line) => line.kind === "service_request");
assert.deepEqual(
  [work?.value.amount, work?.covered.amount, work?.due.amount],
  ["2160.00", "1800.00", "360.00"],
);
console.log(issued.code, "is issued");
