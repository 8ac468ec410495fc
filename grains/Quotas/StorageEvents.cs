namespace Marketplace.Grains;

/// <summary>What an account began or ceased to keep. <see cref="KeptBlobs"/> is the only reader.</summary>
internal abstract record StorageEvent;

/// <summary>From here on this log counts. What stands before it is what the account's own log had counted.</summary>
internal sealed record CarriedOver : StorageEvent;

internal sealed record BlobCounted(BlobId Blob, long Size) : StorageEvent;

internal sealed record BlobDiscounted(BlobId Blob) : StorageEvent;

/// <summary>The account deployed a program: it keeps the program's module, whether or not it keeps the blob itself.</summary>
internal sealed record ModuleCounted(ProgramId Program, BlobId Module, long Size) : StorageEvent;

internal sealed record ModuleDiscounted(ProgramId Program) : StorageEvent;
