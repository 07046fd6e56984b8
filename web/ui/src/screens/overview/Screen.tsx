import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Failed, Loading } from "@/parts/states";
import { FirstSteps } from "@/screens/set-up/FirstSteps";
import { Board } from "./Board";
import { useOverview } from "./use-overview";
import css from "./Board.module.css";

/** Is everything all right? The first screen: one glance, without scrolling. */
export default function OverviewScreen(): ReactNode {
  const t = useTranslations("overview");
  const { overview, error, again } = useOverview();
  if (overview) {
    return (
      <div className={css["whole"]}>
        <FirstSteps />
        <Board overview={overview} />
      </div>
    );
  }
  return (
    <>
      <h1>{t("title")}</h1>
      {error ? <Failed problem={error} retry={again} /> : <Loading />}
    </>
  );
}
