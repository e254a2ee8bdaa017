"""Orders as they arrive from outside: signatures checked, payloads read, versions and refunds settled; nothing stored.

The way of an order, all of it pure until the last step:

    platforms.PLATFORMS[name].verify(...)  is this delivery the store's own?
    platforms.PLATFORMS[name].parse(...)   what does it say?   -> OrderFacts | RefundFacts
    settle.fold(state, event)              what do we know now? -> OrderState, whatever the order of arrival
    settle.settle(state)                   what follows from it -> Settlement: status, sums, a purchase or not

`csvfile.rows` makes the same facts from a merchant's file. Loading and saving an OrderState is for the models above.
"""
