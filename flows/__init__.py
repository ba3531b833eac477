"""Prefect flows: `journeys` are what customers go through, `operations` keep the house, `runtime` runs both."""

from blocks.own_folder import keep_to_own_folder

keep_to_own_folder()
