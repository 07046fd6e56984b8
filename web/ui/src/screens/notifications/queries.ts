import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/api/client";
import { useMunicipality } from "@/app/municipality";

export type Channel = Schemas["ChannelOut"];
export type Webhook = Schemas["WebhookOut"];
export type Delivery = Schemas["DeliveryOut"];
export type Severity = Schemas["Severity"];

export const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const satisfies Severity[];
const MOST = 1000;
const NEWS = 10_000;

export function useChannels(): UseQueryResult<Channel[]> {
  const { id } = useMunicipality();
  const query = { municipality_id: id, limit: MOST };
  return useQuery({ queryKey: ["channels", id], queryFn: () => data(api.GET("/api/v1/channels", { params: { query } })) });
}

export function useWebhooks(): UseQueryResult<Webhook[]> {
  const { id } = useMunicipality();
  const query = { municipality_id: id, limit: MOST };
  return useQuery({ queryKey: ["webhooks", id], queryFn: () => data(api.GET("/api/v1/webhooks", { params: { query } })) });
}

export function useDeliveries(limit: number): UseQueryResult<Delivery[]> {
  const { id } = useMunicipality();
  const query = { municipality_id: id, limit };
  return useQuery({
    queryKey: ["deliveries", id, limit],
    queryFn: () => data(api.GET("/api/v1/deliveries", { params: { query } })),
    refetchInterval: NEWS,
    placeholderData: (before) => before,
  });
}
