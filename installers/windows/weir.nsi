; The installer of Weir for Windows. Compiled by scripts/package windows, which defines
; VERSION, BUILT (the folder that the build on Windows made), OUTPUT and COMPRESSION.
;
; Silent: weir-setup.exe /S [/FIREWALL] [/D=C:\folder]; uninstall.exe /S keeps the data.

Unicode true
ManifestSupportedOS all
RequestExecutionLevel admin
SetCompressor ${COMPRESSION}
!include MUI2.nsh
!include Sections.nsh
!include x64.nsh
!include FileFunc.nsh
!include LogicLib.nsh

Name "Weir ${VERSION}"
OutFile "${OUTPUT}"
InstallDir "$PROGRAMFILES64\Weir"
InstallDirRegKey HKLM "Software\Weir" "folder"
BrandingText "Weir ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Weir"
VIAddVersionKey "FileDescription" "Installs Weir, the server of a water utility"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "Weir"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Weir"

!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "Open Weir's page"
!define MUI_FINISHPAGE_RUN_FUNCTION OpenThePage
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Function OpenThePage
  ExecShell "open" "http://127.0.0.1:8000"
FunctionEnd

Function .onInit
  ${IfNot} ${RunningX64}
    MessageBox MB_ICONSTOP "Weir needs a 64-bit Windows." /SD IDOK
    Abort
  ${EndIf}
  SetRegView 64
FunctionEnd

Section "Weir" Program
  SectionIn RO
  SetShellVarContext all ; $APPDATA is then ProgramData
  SetRegView 64
  ; A program that runs can't be replaced; this waits until it has stopped.
  nsExec::ExecToLog 'net.exe stop Weir'
  Pop $0
  ; Only what an installer wrote lies there: what the new version no longer has goes.
  RMDir /r "$INSTDIR\app"
  SetOutPath "$INSTDIR\app"
  File /r "${BUILT}/*"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  CreateDirectory "$APPDATA\Weir\data"
  nsExec::ExecToLog 'sc.exe query Weir'
  Pop $0
  ${If} $0 = 0
    nsExec::ExecToLog 'net.exe start Weir'
    Pop $0
  ${Else}
    ; Virtual account, delayed start, what happens after a failure, rights on the data: the program knows.
    nsExec::ExecToLog '"$INSTDIR\app\weir.exe" service install'
    Pop $0
  ${EndIf}
  ${If} $0 <> 0
    DetailPrint "The service could not be started. As administrator: weir service install"
  ${EndIf}

  WriteRegStr HKLM "Software\Weir" "folder" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "Weir"
  WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL}" "Publisher" "Weir"
  WriteRegStr HKLM "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL}" "NoRepair" 1
  CreateShortcut "$SMPROGRAMS\Weir.lnk" "http://127.0.0.1:8000"
SectionEnd

; Not chosen unless somebody does: it lets others on the network in.
Section /o "Let devices and browsers on the network in (firewall)" Firewall
  nsExec::ExecToLog 'netsh.exe advfirewall firewall delete rule name="Weir"'
  Pop $0
  nsExec::ExecToLog 'netsh.exe advfirewall firewall add rule name="Weir" dir=in action=allow profile=private,domain program="$INSTDIR\app\weir.exe" protocol=TCP localport=8443,8883'
  Pop $0
SectionEnd

LangString about_program ${LANG_ENGLISH} "The server, as a service that starts with Windows."
LangString about_firewall ${LANG_ENGLISH} "Opens ports 8443 (HTTPS) and 8883 (MQTT with TLS) on private and domain networks. Weir listens there once weir.toml says so."
!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${Program} $(about_program)
  !insertmacro MUI_DESCRIPTION_TEXT ${Firewall} $(about_firewall)
!insertmacro MUI_FUNCTION_DESCRIPTION_END

; For a silent installation, where nobody can choose.
Section "-choices"
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/FIREWALL" $R1
  ${IfNot} ${Errors}
  ${AndIfNot} ${SectionIsSelected} ${Firewall}
    nsExec::ExecToLog 'netsh.exe advfirewall firewall add rule name="Weir" dir=in action=allow profile=private,domain program="$INSTDIR\app\weir.exe" protocol=TCP localport=8443,8883'
    Pop $0
  ${EndIf}
SectionEnd

Section "Uninstall"
  SetShellVarContext all
  SetRegView 64
  nsExec::ExecToLog 'net.exe stop Weir'
  Pop $0
  nsExec::ExecToLog '"$INSTDIR\app\weir.exe" service uninstall'
  Pop $0
  nsExec::ExecToLog 'netsh.exe advfirewall firewall delete rule name="Weir"'
  Pop $0
  RMDir /r "$INSTDIR\app"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Weir.lnk"
  DeleteRegKey HKLM "${UNINSTALL}"
  DeleteRegKey HKLM "Software\Weir"
  MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Delete all readings, alarms, networks and keys in $APPDATA\Weir too? They can't be brought back." /SD IDNO IDNO keep
    RMDir /r "$APPDATA\Weir"
  keep:
SectionEnd
