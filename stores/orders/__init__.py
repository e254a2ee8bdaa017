"""Orders as they arrive from outside: taken in once, settled by the source's clock, linked to who bought.

The way of an order:

    endpoints.receive(...)                 is this delivery the store's own? a row and a job      -> 200
    platforms.PLATFORMS[name].parse(...)   what does it say? pure                                 -> facts.Event
    intake.take_events(...)                folded into the order's row, committed
    matching.match_orders(...)             then: whose is it, by verified addresses and learned numbers
    proof.purchase_proof(...)              may this person write here?

What is known of an order is a settle.OrderState: `settle.fold` adds an event, in whatever order they arrive, and
`settle.settle` says what follows: status, sums, a purchase or not. `imports` reads the same facts from a merchant's
file with `csvfile.rows`.
"""
