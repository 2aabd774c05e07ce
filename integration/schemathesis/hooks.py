# Makes requests of what the schema allows and the answer could only refuse, or wait for.
import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    body = case.body
    if not isinstance(body, dict):
        return
    wait = body.get("waitMs")
    if isinstance(wait, int) and not isinstance(wait, bool) and 50 < wait <= 60000:
        body["waitMs"] = 50
    # The id of a message is in one place, or the same in both.
    if case.headers and body.get("id") is not None:
        case.headers.pop("Idempotency-Key", None)
