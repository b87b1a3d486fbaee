"""The main job of the README's tour: from a customer to the invoice for their work."""

import os
from datetime import UTC, datetime
from typing import TypeVar

from account_client import AuthenticatedClient, models
from account_client.api.api_keys import create_api_key
from account_client.api.catalog_items import create_catalog_item
from account_client.api.invoices import issue_invoice, list_invoices, start_billing_run
from account_client.api.orders import create_order, record_payment
from account_client.api.organizations import create_organization, list_organizations
from account_client.api.portal import portal_accept_service_request, portal_approve_service_request
from account_client.api.products import create_product
from account_client.api.service_requests import (
    assign_service_request,
    complete_service_request,
    create_service_request,
    estimate_service_request,
    start_service_request,
    submit_service_request,
)
from account_client.api.services import activate_service, approve_service, list_services

T = TypeVar("T")


def ok(answer: T | models.Problem | None) -> T:
    """What was answered, unless it is a problem."""
    if answer is None or isinstance(answer, models.Problem):
        raise SystemExit(f"refused: {answer}")
    return answer


def key(secret: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=os.environ["ACCOUNT"], token=secret)


def brl(amount: str) -> models.Money:
    return models.Money(amount=amount, currency="BRL")


staff = key(os.environ["KEY"])

organization = ok(
    create_organization.sync(
        client=staff,
        body=models.OrganizationBody(
            name="Snake",
            legal_name="Snake Ltda",
            country="BR",
            locale=models.Locale.PT_BR,
            currency="BRL",
            billing_email="financeiro@snake.example",
        ),
    )
)
made = ok(
    create_api_key.sync(
        client=staff,
        body=models.NewApiKey(
            name="Snake portal", organization_id=organization.id, organization_role=models.Role.OWNER
        ),
    )
)
customer = key(made.secret)

foreign = list_organizations.sync(client=customer)
assert isinstance(foreign, models.Problem) and foreign.type_ == "urn:middag:problem:forbidden", foreign

ok(
    create_product.sync(
        client=staff,
        body=models.NewProductBody(
            sku="SNAKE-SUPPORT",
            class_=models.EntitlementClass.SVC,
            name="Support, one year",
            price=brl("12000.00"),
            term_months=12,
            support_class=models.SupportClass.BUSINESS,
            service=models.ProductService(type_=models.ServiceType.SUPPORT, mode=models.ServiceMode.ONGOING),
            credits_included="10",
        ),
    )
)
order = ok(
    create_order.sync(
        client=staff,
        body=models.NewOrder(
            organization_id=organization.id,
            currency="BRL",
            external_ref="snake-1",
            lines=[models.NewOrderLine(product="SNAKE-SUPPORT", quantity=1)],
        ),
    )
)
paid = ok(
    record_payment.sync(
        order.code, client=staff, body=models.NewPayment(external_ref="snake-pix-1", amount=brl("12000.00"))
    )
)
assert paid.status == models.OrderStatus.FULFILLED, paid

service = ok(list_services.sync(client=staff, organization_id=organization.id)).items[0].id
ok(approve_service.sync(str(service), client=staff, body=models.Reason(reason="agreed")))
ok(activate_service.sync(str(service), client=staff))

ok(
    create_catalog_item.sync(
        client=staff,
        body=models.CatalogItemContentBody(
            code="SNAKE-UPDATE",
            name="Plugin update",
            service_type=models.ServiceType.UPGRADE,
            base_credits="4",
            usual_complexity=models.Complexity.MEDIUM,
        ),
    )
)
draft = ok(
    create_service_request.sync(
        client=staff,
        body=models.NewServiceRequest(
            service_id=service, title="Update the gradebook", catalog_item="SNAKE-UPDATE"
        ),
    )
)
request = draft.code
ok(
    estimate_service_request.sync(
        request,
        client=staff,
        body=models.NewEstimate(catalog_item="SNAKE-UPDATE", base_credit_value=brl("180")),
    )
)
submitted = ok(submit_service_request.sync(request, client=staff))
assert submitted.credit_hold and submitted.credit_hold.held == "6", submitted
ok(portal_approve_service_request.sync(request, client=customer))
ok(assign_service_request.sync(request, client=staff, body=models.Assignment(assignee="Ana")))
ok(start_service_request.sync(request, client=staff))
completed = ok(
    complete_service_request.sync(
        request, client=staff, body=models.WorkDone(actual="8", reason="the plugin had to be ported")
    )
)
assert completed.settlement, completed
assert (completed.settlement.debited, completed.settlement.excess) == ("10", "2"), completed
ok(portal_accept_service_request.sync(request, client=customer))

ok(start_billing_run.sync(client=staff))
invoice = ok(list_invoices.sync(client=staff, organization_id=organization.id)).items[0]
issued = ok(
    issue_invoice.sync(
        str(invoice.id), client=staff, body=models.IssueInvoice(due_at=datetime(2099, 1, 31, tzinfo=UTC))
    )
)
work = next(line for line in issued.lines if line.kind == models.LineKind.SERVICE_REQUEST)
assert (work.value.amount, work.covered.amount, work.due.amount) == ("2160.00", "1800.00", "360.00"), work
print(issued.code, "is issued")
