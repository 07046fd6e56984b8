"""`weir init` and `weir user`."""

from collections.abc import Callable
from dataclasses import replace

from appliance.control.desk import CONSOLE, Desk, Order, Outcome
from appliance.domain.access import (
    AdministerSystem,
    Grant,
    ManageUsers,
    Role,
    authorise,
    authorise_system,
)
from appliance.domain.errors import Invalid, NotFound
from appliance.domain.ids import MunicipalityId
from appliance.domain.people import User
from appliance.ports.operations import SystemTables
from appliance.services.setup import FirstPerson, SetUp
from appliance.services.signing_in.passwords import Passwords
from appliance.services.signing_in.second_factors import reset_factor
from appliance.services.signing_in.signin import SignIn
from appliance.services.users import NewUser, Users


class People:
    """The commands that make and change people."""

    def __init__(self, set_up: SetUp, users: Users, passwords: Passwords, sign_in: SignIn) -> None:
        self._set_up = set_up
        self._users = users
        self._passwords = passwords
        self._sign_in = sign_in

    async def init(self, desk: Desk, order: Order) -> Outcome:
        """Create the super admin and the first municipality; Conflict the second time."""
        del desk
        said = order.arguments
        municipality = await self._set_up.initialise(
            FirstPerson(
                municipality=said["municipality"],
                username=said["username"],
                password=said["password"],
                email=said.get("email", ""),
                time_zone=said.get("time_zone", "UTC"),
            )
        )
        return Outcome(
            f"municipality {municipality} ({said['municipality']}) with super admin "
            f"{said['username']}",
            {"municipality_id": municipality, "username": said["username"]},
        )

    async def list(self, desk: Desk, order: Order) -> Outcome:
        """List everybody."""
        del order
        users = await desk.world.operations.read_system(lambda t: t.users())
        lines = [
            f"{u.username:24} {u.role.value:12} {u.municipality or 'all':<16} "
            f"{'' if u.enabled else 'disabled'}"
            for u in users
        ]
        return Outcome("\n".join(lines) or "nobody yet: run `weir init`", {"users": _plain(users)})

    async def add(self, desk: Desk, order: Order) -> Outcome:
        """Add somebody."""
        said = order.arguments
        new = NewUser(
            username=said["username"],
            password=said["password"],
            role=Role(said["role"]),
            email=said.get("email", ""),
        )
        if new.role is Role.SUPER_ADMIN:
            user = await self._users.add_super_admin(
                authorise_system(CONSOLE, AdministerSystem), new
            )
        else:
            grant: Grant[ManageUsers] = authorise(
                CONSOLE, ManageUsers, await chosen_municipality(desk, order)
            )
            user = await self._users.add(grant, new)
        return Outcome(f"{user.username} is {user.role.value}", {"users": _plain([user])})

    async def enable(self, desk: Desk, order: Order) -> Outcome:
        """Let somebody sign in again."""
        return await self._change(desk, order, lambda user: replace(user, enabled=True))

    async def disable(self, desk: Desk, order: Order) -> Outcome:
        """Let somebody sign in no more; open sessions end within 5 s."""
        return await self._change(desk, order, lambda user: replace(user, enabled=False))

    async def password(self, desk: Desk, order: Order) -> Outcome:
        """Give somebody a new password; open sessions end."""
        said = order.arguments
        digest = await self._passwords.accept(said["password"], said["username"])
        return await self._change(desk, order, lambda user: replace(user, password_hash=digest))

    async def reset_totp(self, desk: Desk, order: Order) -> Outcome:
        """Take away the second factor of somebody who lost phone and codes; sessions end."""
        name = order.arguments["username"]

        def change(tables: SystemTables) -> tuple[User, bool]:
            user = _named(tables, name)
            return user, reset_factor(tables, user)

        user, had_one = await desk.world.operations.write_system(change)
        self._sign_in.forget_user(user.id)
        now = "signs in with the password alone now" if had_one else "had no second factor"
        return Outcome(f"{user.username} {now}", {"users": _plain([user]), "had_one": had_one})

    async def sign_out(self, desk: Desk, order: Order) -> Outcome:
        """End all sessions of somebody, who can sign in again."""
        name = order.arguments["username"]

        def change(tables: SystemTables) -> tuple[User, int]:
            user = _named(tables, name)
            return user, tables.sessions.end_others(user.id, None)

        user, ended = await desk.world.operations.write_system(change)
        self._sign_in.forget_user(user.id)
        return Outcome(f"{user.username}: {ended} sessions ended", {"ended": ended})

    async def _change(self, desk: Desk, order: Order, to: Callable[[User], User]) -> Outcome:
        name = order.arguments["username"]

        def change(tables: SystemTables) -> User:
            user = _named(tables, name)
            changed = replace(to(user), stamp=user.stamp + 1)
            tables.put_user(changed)
            return changed

        user = await desk.world.operations.write_system(change)
        self._sign_in.forget_user(user.id)
        state = "enabled" if user.enabled else "disabled"
        return Outcome(f"{user.username} is changed ({state})", {"users": _plain([user])})


def _named(tables: SystemTables, name: str) -> User:
    user = tables.user_named(name)
    if user is None:
        raise NotFound(kind="user", name=name)
    return user


def _plain(users: "list[User]") -> "list[dict[str, object]]":
    return [
        {
            "id": u.id,
            "username": u.username,
            "role": u.role.value,
            "municipality_id": u.municipality,
            "enabled": u.enabled,
        }
        for u in users
    ]


async def chosen_municipality(desk: Desk, order: Order) -> MunicipalityId:
    """Give the municipality named by the order, or the only one there is beside the demo's."""
    known = await desk.world.operations.read_system(lambda t: t.municipalities())
    named = order.arguments.get("municipality")
    if named is None:
        real = [municipality for municipality in known if not municipality.demo] or known
        if len(real) == 1:
            return real[0].id
        listed = ", ".join(f"{m.id} ({m.name})" for m in known) or "none; run `weir init`"
        raise Invalid(field="--municipality", problem=f"say which: {listed}")
    for municipality in known:
        if str(municipality.id) == named or municipality.name == named:
            return municipality.id
    raise NotFound(kind="municipality", name=named)
