"""The keys, in place of the virtual keys that LiteLLM keeps in PostgreSQL.

The proxy then checks model and request itself. It leaves the budget of such a key to this hook, which calls the proxy's check.
"""

import os

from fastapi import HTTPException, Request
from litellm.proxy._types import UserAPIKeyAuth, hash_token
from litellm.proxy.auth.auth_checks import virtual_key_max_budget_check

MODELS = ["opus-4-8"]
KEYS = {
    hash_token(os.environ["SAMPLE_KEY"]): {"models": MODELS, "max_budget": 1000.0, "spend": 1.0},
    hash_token("sk-spent"): {"models": MODELS, "max_budget": 1.0, "spend": 1.0},
}


async def user_api_key_auth(request: Request, api_key: str) -> UserAPIKeyAuth:
    from litellm.proxy.proxy_server import proxy_logging_obj  # which imports this file

    token = hash_token(api_key)
    if token not in KEYS:
        raise HTTPException(status_code=401, detail="unknown key")
    key = UserAPIKeyAuth(api_key=api_key, token=token, **KEYS[token])
    await virtual_key_max_budget_check(valid_token=key, proxy_logging_obj=proxy_logging_obj)
    return key
