import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { api, whole, type Schemas } from "@/api/client";
import { useMay } from "@/api/may";
import { Icon } from "@/parts/Icon";
import { Failed, Loading } from "@/parts/states";
import { Device } from "../device/Device";
import { Keys } from "../device/Keys";
import { Rejections } from "../device/Rejections";
import { ChartPanel } from "./ChartPanel";
import { Head } from "./Head";
import { SensorRules } from "./SensorRules";
import css from "./Sensor.module.css";

export type Detail = Schemas["SensorDetail"];

/** One sensor: how it is, what it said, its device, its rules. */
export function SensorScreen({ id }: { id: number }): ReactNode {
  const t = useTranslations("sensors");
  const may = useMay();
  const { data: found, error, refetch } = useQuery({
    queryKey: ["sensor", id],
    queryFn: () => whole(api.GET("/api/v1/sensors/{sensor}", { params: { path: { sensor: id } } })),
    refetchInterval: 60_000,
  });
  // The chart first: what stands below it is made in a later piece of work, so that neither blocks the page for long.
  const isChartThere = useDeferredValue(found !== undefined, false);
  if (error && !found) return <Failed problem={error} retry={() => void refetch()} />;
  if (!found) return <Loading />;
  const detail = found.data;
  const etag = found.headers.get("ETag") ?? "";
  return (
    <div className={css["screen"]}>
      <Link href="/sensors" className={css["back"] ?? ""}>
        <Icon name="back" size={16} /> {t("all")}
      </Link>
      <Head detail={detail} etag={etag} />
      <ChartPanel detail={detail} />
      {isChartThere && (
        <div className={css["below"]}>
          <Device detail={detail} />
          <SensorRules detail={detail} />
          {may("intake.inspect") && <Rejections device={detail.device_id} />}
          {may("devices.manage") && <Keys sensor={id} />}
        </div>
      )}
    </div>
  );
}
