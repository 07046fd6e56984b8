import { useSession } from "./use-session";

/** Whether the person may do this: the server decides, the screens only leave out what it would refuse. */
export function useMay(): (permission: string) => boolean {
  const standing = useSession();
  const person = standing.at === "inside" ? standing.person : null;
  return (permission) => (person ? person.is_super_admin || person.permissions.includes(permission) : false);
}
