/** The zone of who sits here is most likely the municipality's; the first step lets it be changed. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
