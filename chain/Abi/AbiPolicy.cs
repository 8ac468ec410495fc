namespace Marketplace.Chain;

/// <summary>What descriptions of contracts and of typed data may ask for. They are files that others write.</summary>
internal static class AbiPolicy
{
    /// <summary>Arrays and tuples in each other. Reading calls itself for each: deeper ones could end the process.</summary>
    internal const int TypeDepthMax = 32;

    /// <summary>A value whose type has one size, in bytes. No transaction carries as much; a few digits could ask for all memory.</summary>
    internal const int StaticBytesMax = 1 << 20;

    /// <summary>The JSON of a contract. The code of one is at most 24 KiB (EIP-170), and its description some times that.</summary>
    internal const int JsonBytesMax = 4 << 20;

    /// <summary>An identifier. No person writes longer ones.</summary>
    internal const int NameCharsMax = 256;

    /// <summary>Topics of a log, which the machine has instructions for (LOG0 to LOG4).</summary>
    internal const int TopicsMax = 4;

    /// <summary>What is shown of a text that a contract chose.</summary>
    internal const int ShownCharsMax = 200;

    /// <summary>Structs of typed data. People are to read what they sign.</summary>
    internal const int StructsMax = 64;

    /// <summary>Members of one such struct.</summary>
    internal const int MembersMax = 256;

    /// <summary>Structs and arrays in each other, in a value of typed data: its types may name themselves.</summary>
    internal const int ValueDepthMax = 32;

    /// <summary>Values hashed for one struct, with all in it. An array that stands in a value many times takes its memory once and its
    /// time each time.</summary>
    internal const int ValuesMax = 1 << 16;
}
