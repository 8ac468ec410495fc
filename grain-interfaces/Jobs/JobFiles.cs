namespace Marketplace.GrainInterfaces;

/// <summary>A blob that a job finds as a file.</summary>
/// <param name="Name">Its path under <c>/in</c>.</param>
/// <param name="Blob">A blob of the job's account.</param>
[GenerateSerializer, Immutable, Alias("InputFile")]
public readonly record struct InputFile([property: Id(0)] string Name, [property: Id(1)] BlobId Blob);

/// <summary>A file that a job left behind.</summary>
/// <param name="Name">Its path under <c>/out</c>.</param>
/// <param name="Blob">Its content, a blob of the job's account.</param>
/// <param name="Size">Bytes.</param>
[GenerateSerializer, Immutable, Alias("OutputFile")]
public readonly record struct OutputFile([property: Id(0)] string Name, [property: Id(1)] BlobId Blob, [property: Id(2)] long Size);

[GenerateSerializer, Immutable, Alias("EnvironmentVariable")]
public readonly record struct EnvironmentVariable([property: Id(0)] string Name, [property: Id(1)] string Value);
