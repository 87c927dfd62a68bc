"""Who gets the model when: cost model, batching policy and the runner that fills `Scheduler`."""
