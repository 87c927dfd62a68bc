"""`frontdesk learn`: from people's judgements to a better model."""

import click

from bots.learn.dataset import dataset
from bots.learn.evaluation import evaluate, judge_pairs
from bots.learn.figures import figures
from bots.learn.promotion import promote, rollback, show_lineage, status
from bots.learn.review import review
from bots.learn.training import train


@click.group()
def learn() -> None:
    """Learn from people who agree to it."""


learn.add_command(dataset)
learn.add_command(review)
learn.add_command(train)
learn.add_command(evaluate)
learn.add_command(judge_pairs)
learn.add_command(promote)
learn.add_command(rollback)
learn.add_command(status)
learn.add_command(show_lineage)
learn.add_command(figures)
