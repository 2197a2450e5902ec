"""What came with a request of the trace it is part of is stored with its event."""

from __future__ import annotations

from trunkline.intake.webhook import Webhook, WebhookRequest, WebhookSettings

TRACE = "0af7651916cd43dd8448eb211c80319c"
GOOD = b'{"id":"s1","amount":1.50,"key":"k1"}'
JSON = {b"content-type": b"application/json", b"idempotency-key": b"k1"}


# The sender's span, its flags and its state are stored with the event; without a trace nothing is.
async def test_the_senders_span_is_kept(scene):
    settings = WebhookSettings(path="/hooks/shop", verify="none")
    hook = Webhook(settings, None, scene.intake, scene.around)
    headers = {b"traceparent": f"00-{TRACE}-b7ad6b7169203331-00".encode(), b"tracestate": b"rojo=1, congo=2"}
    await hook.handle(WebhookRequest("POST", {**JSON, **headers}, GOOD))
    await hook.handle(WebhookRequest("POST", {**JSON, b"idempotency-key": b"other"}, GOOD))
    page = await scene.log.read("sale@1", 0)
    assert [event.parent for event in page.events] == ["b7ad6b7169203331-00;rojo=1,congo=2", ""]
    assert page.events[0].correlation == TRACE
