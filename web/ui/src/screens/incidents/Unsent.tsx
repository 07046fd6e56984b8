import { useEffect, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useLocation } from "wouter";
import { Waiting } from "@/offline/Notices";
import noticesCss from "@/offline/Notices.module.css";
import { outbox, useDeliver, useSent, useWaiting } from "@/offline/use-outbox";
import { Empty } from "@/parts/states";
import { Panel } from "@/parts/Panel";
import { Comment } from "./Story";
import { TakePhoto } from "./Photos";

/** An incident that only this device knows: more can be added to it; it goes where it belongs once it is sent. */
export function Unsent({ mark }: { mark: string }): ReactNode {
  const t = useTranslations("incidents");
  const [, navigate] = useLocation();
  const [isChecked, setChecked] = useState(false);
  const items = useWaiting().filter(({ deed }) => ("mark" in deed && deed.mark === mark) || ("incident" in deed && deed.incident === mark));
  const { deliver } = useDeliver();
  const see = (): void => {
    const id = outbox.arrived.get(mark);
    if (id !== undefined) navigate(`/incidents/${id}`, { replace: true });
  };
  useSent(see);
  useEffect(() => {
    void outbox.look().then(() => setChecked(true));
  }, []);
  const head = items.find(({ deed }) => "mark" in deed && deed.mark === mark);
  if (!head) return isChecked ? <Empty>{t("gone")}</Empty> : null;
  const title = head.deed.kind === "incident" ? head.deed.body.title : t("ofAlert");
  return (
    <Panel title={<h1 dir="auto">{title}</h1>}>
      <p>{t("unsentMeans")}</p>
      <ol className={noticesCss["list"]} aria-label={t("unsent")}>
        {items.map((item) => <Waiting key={item.number} item={item} />)}
      </ol>
      <TakePhoto onTaken={(taken) => void deliver({ kind: "photo", incident: mark, ...taken })} />
      <Comment incident={mark} />
    </Panel>
  );
}
