import os

from account_client import AuthenticatedClient
from account_client.api.service_requests import list_service_requests
from account_client.models import Problem, RequestSort, RequestStatus

account = AuthenticatedClient(base_url=os.environ["ACCOUNT"], token=os.environ["KEY"])
page = list_service_requests.sync(
    client=account, status=[RequestStatus.PENDING_APPROVAL], sort=RequestSort.CREATED_AT_DESCENDING, limit=10
)
if page is None or isinstance(page, Problem):
    raise SystemExit(page)
for request in page.items:
    print(request.code, request.estimated_credits, request.title)
