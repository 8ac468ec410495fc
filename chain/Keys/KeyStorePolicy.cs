namespace Marketplace.Chain;

/// <summary>What a key store may ask of the machine that opens it, and what is asked of those who guess at one that is written.</summary>
internal static class KeyStorePolicy
{
    /// <summary>scrypt's N of files that are written, as geth writes them. A guess takes most of a second and 256 MiB.</summary>
    internal const int ScryptCost = 1 << 18;

    /// <summary>scrypt's r, likewise.</summary>
    internal const int ScryptBlockSize = 8;

    /// <summary>scrypt's p, likewise.</summary>
    internal const int ScryptParallelization = 1;

    /// <summary>Twice what files commonly ask for. A file that states more could end the process.</summary>
    internal const long ScryptMemoryBytesMax = 512L << 20;

    /// <summary>N r p, to which time is proportional: four times the usual, some seconds. A hostile file could ask for days.</summary>
    internal const long ScryptWorkMax = 4L * ScryptCost * ScryptBlockSize * ScryptParallelization;

    /// <summary>Files have 32; no more is ever of use.</summary>
    internal const int SaltBytesMax = 64;

    /// <summary>Of files that are written.</summary>
    internal const int SaltBytes = 32;

    /// <summary>Members that other programs add to the file may hold objects; the form itself is three deep.</summary>
    internal const int JsonDepthMax = 8;

    /// <summary>Of a file with a passphrase, which is a line: a mistaken name is not read into memory.</summary>
    internal const int PassphraseFileBytesMax = 4096;
}
