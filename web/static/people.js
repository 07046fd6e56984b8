// @ts-check
/** Names for ids of people. Who may not see the others' names sees that it was somebody else. */

export class People {
  /**
   * @param {import("./api.js").Api} api
   */
  constructor(api) {
    /** @type {Map<number, string>} */
    this.names = new Map();
    this.api = api;
    if (!["super_admin", "admin"].includes(api.user?.role ?? "")) return;
    api.all("/api/v1/users").then((users) => {
      for (const user of users) this.names.set(user.id, user.full_name || user.username);
    }).catch(() => {});
  }

  /**
   * @param {number | null} id null for what Weir did itself
   */
  name(id) {
    if (id === null) return "Weir";
    const { user } = this.api;
    if (id === user?.id) return user.full_name || user.username;
    return this.names.get(id) ?? "somebody";
  }
}
