import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";

export type Person = Schemas["Person"];
export type Role = Schemas["Role"];
export type OwnRole = Schemas["RoleOut"];
export type Permission = Schemas["PermissionOut"];

/** The roles that somebody of a municipality can have; what a custom role is called says its own name. */
export const ROLES = ["admin", "operator", "technician", "viewer"] as const satisfies Role[];

const MOST = 1000;

export function usePeople(): UseQueryResult<Person[]> {
  const { id } = useMunicipality();
  const query = { municipality_id: id, limit: MOST };
  return useQuery({ queryKey: ["users", id], queryFn: () => data(api.GET("/api/v1/users", { params: { query } })) });
}

export function useRoles(): UseQueryResult<OwnRole[]> {
  const { id } = useMunicipality();
  const query = { municipality_id: id, limit: MOST };
  return useQuery({ queryKey: ["roles", id], queryFn: () => data(api.GET("/api/v1/roles", { params: { query } })) });
}

export function usePermissions(): UseQueryResult<Permission[]> {
  return useQuery({ queryKey: ["permissions"], queryFn: () => data(api.GET("/api/v1/permissions")), staleTime: Infinity });
}

export function useZones(): UseQueryResult<Schemas["ZoneOut"][]> {
  const { id } = useMunicipality();
  const query = { municipality_id: id, limit: MOST };
  return useQuery({ queryKey: ["zones", id], queryFn: () => data(api.GET("/api/v1/zones", { params: { query } })) });
}
