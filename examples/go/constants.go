// SPDX-License-Identifier: LGPL-2.1-or-later

package mapfiles

// #include <mapfiles.h>
import "C"

// The constants of <mapfiles.h>: MF_KIND_FILE is KindFile. What each means stands there. They
// are numbers: a newer library may return one that has no name here.
type (
	Prot         uint32 // any of MF_PROT_
	Kind         uint32 // one of MF_KIND_
	MappingFlag  uint32 // any of MF_MAPPING_
	Has          uint32 // any of MF_HAS_
	IterFlag     uint32 // any of MF_ITER_
	Source       uint32 // one of MF_SOURCE_
	ReportFlag   uint32 // any of MF_REPORT_
	OpenFlag     uint32 // any of MF_OPEN_
	Rung         uint32 // one of MF_RUNG_
	Sure         uint32 // one of MF_SURE_
	ObjectsFlag  uint32 // any of MF_OBJECTS_
	ObjectFlag   uint32 // any of MF_OBJECT_
	ProcessFlag  uint32 // any of MF_PROCESS_
	RemapFlag    uint32 // any of MF_REMAP_
	Refusal      uint32 // one of MF_REFUSAL_
	ChangeAction uint32 // one of MF_CHANGE_
	Differs      uint32 // any of MF_DIFFERS_
	ModulesFlag  uint32 // any of MF_MODULES_
	ModuleFlag   uint32 // any of MF_MODULE_
	BuildIDFrom  uint32 // one of MF_BUILD_ID_
	Access       uint32 // one of MF_ACCESS_
	Why          uint32 // one of MF_WHY_
)

const (
	ProtRead  Prot = C.MF_PROT_READ
	ProtWrite Prot = C.MF_PROT_WRITE
	ProtExec  Prot = C.MF_PROT_EXEC
)

const (
	KindUnknown   Kind = C.MF_KIND_UNKNOWN
	KindFile      Kind = C.MF_KIND_FILE
	KindAnon      Kind = C.MF_KIND_ANON
	KindShmAnon   Kind = C.MF_KIND_SHM_ANON
	KindMemfd     Kind = C.MF_KIND_MEMFD
	KindSysV      Kind = C.MF_KIND_SYSV
	KindHugetlb   Kind = C.MF_KIND_HUGETLB
	KindHeap      Kind = C.MF_KIND_HEAP
	KindStack     Kind = C.MF_KIND_STACK
	KindVDSO      Kind = C.MF_KIND_VDSO
	KindVVAR      Kind = C.MF_KIND_VVAR
	KindVsyscall  Kind = C.MF_KIND_VSYSCALL
	KindDevice    Kind = C.MF_KIND_DEVICE
	KindAnonNamed Kind = C.MF_KIND_ANON_NAMED
	KindAnonInode Kind = C.MF_KIND_ANON_INODE
	KindSocket    Kind = C.MF_KIND_SOCKET
	KindSecretmem Kind = C.MF_KIND_SECRETMEM
	KindAIO       Kind = C.MF_KIND_AIO
	KindDMABuf    Kind = C.MF_KIND_DMABUF
	KindSpecial   Kind = C.MF_KIND_SPECIAL
)

const (
	MappingShared        MappingFlag = C.MF_MAPPING_SHARED
	MappingDeleted       MappingFlag = C.MF_MAPPING_DELETED
	MappingRaced         MappingFlag = C.MF_MAPPING_RACED
	MappingNameAmbiguous MappingFlag = C.MF_MAPPING_NAME_AMBIGUOUS
	MappingNameCarried   MappingFlag = C.MF_MAPPING_NAME_CARRIED
)

const (
	HasProt     Has = C.MF_HAS_PROT
	HasDev      Has = C.MF_HAS_DEV
	HasOffset   Has = C.MF_HAS_OFFSET
	HasPath     Has = C.MF_HAS_PATH
	HasDeleted  Has = C.MF_HAS_DELETED
	HasStat     Has = C.MF_HAS_STAT
	HasOpenMode Has = C.MF_HAS_OPEN_MODE
	HasPageSize Has = C.MF_HAS_PAGE_SIZE
	HasSeals    Has = C.MF_HAS_SEALS
	HasBias     Has = C.MF_HAS_BIAS
	HasELF      Has = C.MF_HAS_ELF
)

const (
	IterAll      IterFlag = C.MF_ITER_ALL
	IterStream   IterFlag = C.MF_ITER_STREAM
	IterStat     IterFlag = C.MF_ITER_STAT
	IterOpenFDs  IterFlag = C.MF_ITER_OPEN_FDS
	IterShared   IterFlag = C.MF_ITER_SHARED
	IterRunNames IterFlag = C.MF_ITER_RUN_NAMES
)

const (
	SourceAuto     Source = C.MF_SOURCE_AUTO
	SourceMapFiles Source = C.MF_SOURCE_MAP_FILES
	SourceQuery    Source = C.MF_SOURCE_QUERY
	SourceMaps     Source = C.MF_SOURCE_MAPS
	SourceCore     Source = C.MF_SOURCE_CORE
)

const (
	ReportComplete ReportFlag = C.MF_REPORT_COMPLETE
	ReportSnapshot ReportFlag = C.MF_REPORT_SNAPSHOT
	ReportRaced    ReportFlag = C.MF_REPORT_RACED
)

const (
	OpenAsMapped OpenFlag = C.MF_OPEN_AS_MAPPED
	OpenPath     OpenFlag = C.MF_OPEN_PATH
	OpenAnyType  OpenFlag = C.MF_OPEN_ANY_TYPE
	OpenDirect   OpenFlag = C.MF_OPEN_DIRECT
	OpenCopy     OpenFlag = C.MF_OPEN_COPY
	OpenMayBlock OpenFlag = C.MF_OPEN_MAY_BLOCK
	OpenExact    OpenFlag = C.MF_OPEN_EXACT
)

const (
	RungMapFiles Rung = C.MF_RUNG_MAP_FILES
	RungExe      Rung = C.MF_RUNG_EXE
	RungFd       Rung = C.MF_RUNG_FD
	RungPath     Rung = C.MF_RUNG_PATH
	RungCopy     Rung = C.MF_RUNG_COPY
)

const (
	SureExact    Sure = C.MF_SURE_EXACT
	SureMatching Sure = C.MF_SURE_MATCHING
	SureCopy     Sure = C.MF_SURE_COPY
	SureBuildID  Sure = C.MF_SURE_BUILD_ID
	SureName     Sure = C.MF_SURE_NAME
)

const (
	ObjectsTree     ObjectsFlag = C.MF_OBJECTS_TREE
	ObjectsEveryone ObjectsFlag = C.MF_OBJECTS_EVERYONE
	ObjectsShared   ObjectsFlag = C.MF_OBJECTS_SHARED
	ObjectsOpenFDs  ObjectsFlag = C.MF_OBJECTS_OPEN_FDS
	ObjectsRunNames ObjectsFlag = C.MF_OBJECTS_RUN_NAMES
)

const (
	ObjectUncertain ObjectFlag = C.MF_OBJECT_UNCERTAIN
	ObjectApart     ObjectFlag = C.MF_OBJECT_APART
	ObjectDeleted   ObjectFlag = C.MF_OBJECT_DELETED
)

const (
	ProcessNumbersOnly ProcessFlag = C.MF_PROCESS_NUMBERS_ONLY
)

const (
	RemapAt         RemapFlag = C.MF_REMAP_AT
	RemapReplace    RemapFlag = C.MF_REMAP_REPLACE
	RemapClip       RemapFlag = C.MF_REMAP_CLIP
	RemapObjectOnly RemapFlag = C.MF_REMAP_OBJECT_ONLY
	RemapMatching   RemapFlag = C.MF_REMAP_MATCHING
	RemapMayBlock   RemapFlag = C.MF_REMAP_MAY_BLOCK
)

const (
	RefusalNone           Refusal = C.MF_REFUSAL_NONE
	RefusalNoObject       Refusal = C.MF_REFUSAL_NO_OBJECT
	RefusalAIO            Refusal = C.MF_REFUSAL_AIO
	RefusalSocket         Refusal = C.MF_REFUSAL_SOCKET
	RefusalAnonInode      Refusal = C.MF_REFUSAL_ANON_INODE
	RefusalSecret         Refusal = C.MF_REFUSAL_SECRET
	RefusalDevice         Refusal = C.MF_REFUSAL_DEVICE
	RefusalPrivate        Refusal = C.MF_REFUSAL_PRIVATE
	RefusalPrivateUnknown Refusal = C.MF_REFUSAL_PRIVATE_UNKNOWN
	RefusalTooShort       Refusal = C.MF_REFUSAL_TOO_SHORT
	RefusalSealed         Refusal = C.MF_REFUSAL_SEALED
	RefusalUncertain      Refusal = C.MF_REFUSAL_UNCERTAIN
	RefusalOtherBytes     Refusal = C.MF_REFUSAL_OTHER_BYTES
	RefusalChanged        Refusal = C.MF_REFUSAL_CHANGED
	RefusalNotOpened      Refusal = C.MF_REFUSAL_NOT_OPENED
	RefusalTaken          Refusal = C.MF_REFUSAL_TAKEN
	RefusalNoRoom         Refusal = C.MF_REFUSAL_NO_ROOM
	RefusalNotMapped      Refusal = C.MF_REFUSAL_NOT_MAPPED
)

const (
	ChangeAdded    ChangeAction = C.MF_CHANGE_ADDED
	ChangeRemoved  ChangeAction = C.MF_CHANGE_REMOVED
	ChangeModified ChangeAction = C.MF_CHANGE_MODIFIED
)

const (
	DiffersEnd    Differs = C.MF_DIFFERS_END
	DiffersProt   Differs = C.MF_DIFFERS_PROT
	DiffersOffset Differs = C.MF_DIFFERS_OFFSET
	DiffersName   Differs = C.MF_DIFFERS_NAME
	DiffersPart   Differs = C.MF_DIFFERS_PART
)

const (
	ModulesKernelBuildID ModulesFlag = C.MF_MODULES_KERNEL_BUILD_ID
	ModulesNoFiles       ModulesFlag = C.MF_MODULES_NO_FILES
)

const (
	ModuleExe         ModuleFlag = C.MF_MODULE_EXE
	ModuleInterpreter ModuleFlag = C.MF_MODULE_INTERPRETER
	ModuleDeleted     ModuleFlag = C.MF_MODULE_DELETED
	ModuleData        ModuleFlag = C.MF_MODULE_DATA
)

const (
	BuildIDNone   BuildIDFrom = C.MF_BUILD_ID_NONE
	BuildIDMemory BuildIDFrom = C.MF_BUILD_ID_MEMORY
	BuildIDFile   BuildIDFrom = C.MF_BUILD_ID_FILE
	BuildIDKernel BuildIDFrom = C.MF_BUILD_ID_KERNEL
)

const (
	AccessDetails Access = C.MF_ACCESS_DETAILS
	AccessList    Access = C.MF_ACCESS_LIST
	AccessFollow  Access = C.MF_ACCESS_FOLLOW
	AccessMemory  Access = C.MF_ACCESS_MEMORY
)

const (
	WhyAllowed          Why = C.MF_WHY_ALLOWED
	WhyHidden           Why = C.MF_WHY_HIDDEN
	WhyOtherUser        Why = C.MF_WHY_OTHER_USER
	WhyNotDumpable      Why = C.MF_WHY_NOT_DUMPABLE
	WhyMoreCapabilities Why = C.MF_WHY_MORE_CAPABILITIES
	WhyDirectoryMode    Why = C.MF_WHY_DIRECTORY_MODE
	WhyNoCapability     Why = C.MF_WHY_NO_CAPABILITY
	WhyUserNamespace    Why = C.MF_WHY_USER_NAMESPACE
	WhyYama             Why = C.MF_WHY_YAMA
	WhyNoMapFiles       Why = C.MF_WHY_NO_MAP_FILES
	WhyNoAddressSpace   Why = C.MF_WHY_NO_ADDRESS_SPACE
	WhySecurityModule   Why = C.MF_WHY_SECURITY_MODULE
)

const (
	IterMemory = C.MF_ITER_MEMORY
)
