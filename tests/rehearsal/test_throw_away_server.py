"""The server of a rehearsal is gone with it, also when the rehearsal was killed."""

from deployments.commands.throw_away_server import FOLDER, remove_abandoned, throw_away_server
from tests.support.servers.server_folder import server_folder


def test_nothing_is_left_of_a_server_nor_of_one_whose_process_was_killed() -> None:
    with server_folder() as folder:
        state = folder.parent / "state"
        with throw_away_server(state) as server:
            server.create_database("base")
            remove_abandoned(state / FOLDER)
            assert server.is_up()
        (state / FOLDER / "17").mkdir()
        (state / FOLDER / "17.lock").touch()
        remove_abandoned(state / FOLDER)
        assert not list((state / FOLDER).iterdir())
