using Marketplace.Engine.Guests.Wasi.Files;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>The streams of a command.</summary>
internal enum Stream : byte
{
    /// <summary>Not a stream but a file or directory.</summary>
    None = 0,
    Input = 1,
    Output = 2,
    Log = 3,
}

/// <summary>What an open descriptor leads to, and what may be done with it.</summary>
internal sealed class Descriptor
{
    private Descriptor(Stream stream, Node? node, Rights rights, Rights inheriting, DescriptorFlags flags)
    {
        Stream = stream;
        Node = node;
        Rights = rights;
        Inheriting = inheriting;
        Flags = flags;
    }

    public Stream Stream { get; }

    /// <summary>Null for a stream.</summary>
    public Node? Node { get; }

    /// <summary>What this descriptor may be used for.</summary>
    public Rights Rights { get; set; }

    /// <summary>What descriptors that are opened through it may have at most.</summary>
    public Rights Inheriting { get; set; }

    public DescriptorFlags Flags { get; set; }

    /// <summary>Where a file is read and written next.</summary>
    public ulong Position { get; set; }

    /// <summary>The path by which the program knows a directory that it did not open itself; else null.</summary>
    public string? GivenPath { get; private init; }

    public static Descriptor OfStream(Stream stream) =>
        new(stream, null, Rights.Poll | (stream == Stream.Input ? Rights.Read : Rights.Write), Rights.None, DescriptorFlags.None);

    public static Descriptor OfRoot(DirectoryNode root) =>
        new(Stream.None, root, Rights.OfDirectory, Rights.OfDirectory | Rights.OfFile, DescriptorFlags.None) { GivenPath = "/" };

    /// <summary>Rights that mean nothing on what was opened are dropped.</summary>
    public static Descriptor Of(Node node, Rights rights, Rights inheriting, DescriptorFlags flags) =>
        new(Stream.None, node, rights & (node is DirectoryNode ? Rights.OfDirectory : Rights.OfFile), inheriting, flags);
}
