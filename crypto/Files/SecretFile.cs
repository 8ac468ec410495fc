using System.Security.Cryptography;
using System.Text;

namespace Marketplace.Crypto;

/// <summary>Reads and makes the files of keys, which only their owner may reach (mode 0600), whatever form the key has in them.</summary>
public static class SecretFile
{
    /// <summary>Longer is more than a person types, and no secret gets better by it.</summary>
    internal const int PassphraseCharsMax = 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The whole file.</summary>
    /// <param name="path">A full one, as of the other methods.</param>
    /// <exception cref="KeyFileException">There is none, it is too long, or others can reach it.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(file.SafeFileHandle) is var mode && (mode & ~OwnerFile.Mode) != 0)
            {
                throw KeyFileException.Loose(path, mode);
            }
            if (file.Length > KeyFile.KeyFileBytesMax)
            {
                throw KeyFileException.Damaged(path, $"it has {file.Length} bytes; a key file has at most {KeyFile.KeyFileBytesMax}");
            }
            var content = new byte[(int)file.Length];
            file.ReadExactly(content);
            // Whoever made it may have ended between the renaming and its flush, and the caller says elsewhere whose key this is.
            FolderFlush.Flush(Path.GetDirectoryName(path)!);
            return content;
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw KeyFileException.Missing(path, missing);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw KeyFileException.Unreadable(path, failure);
        }
    }

    /// <summary>
    /// Makes a file in a folder that exists. It is whole and on the disk under its name when this returns; a process that ends before
    /// leaves at most a file <c>PATH.….new</c>, which means nothing.
    /// </summary>
    /// <param name="path">Where.</param>
    /// <param name="content">Is wiped.</param>
    /// <exception cref="KeyFileException">There is such a file already; it is not touched. Or the file cannot be made.</exception>
    public static void Create(string path, byte[] content)
    {
        // A name of its own: two processes that make the same file do not write into each other's.
        var part = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.new";
        try
        {
            if (File.Exists(path))
            {
                throw KeyFileException.Exists(path);
            }
            using (var file = OwnerFile.Create(part, bufferBytes: 0))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            if (!HardLink.TryRename(part, path))
            {
                throw new IOException($"'{path}' was made meanwhile.");
            }
            FolderFlush.Flush(Path.GetDirectoryName(path)!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (!File.Exists(part))
            {
                throw KeyFileException.Unwritable(path, failure);
            }
            File.Delete(part);
            throw File.Exists(path) ? KeyFileException.Exists(path) : KeyFileException.Unwritable(path, failure);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>The UTF-8 of a passphrase; the caller wipes it.</summary>
    /// <exception cref="KeyFileException">It is empty, too long, or no Unicode.</exception>
    public static byte[] Encode(string path, string passphrase)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        if (passphrase.Length is 0 or > PassphraseCharsMax)
        {
            throw KeyFileException.UnusablePassphrase(path, $"has {passphrase.Length} characters; 1 to {PassphraseCharsMax} are allowed");
        }
        try
        {
            return StrictUtf8.GetBytes(passphrase);
        }
        catch (EncoderFallbackException)
        {
            throw KeyFileException.UnusablePassphrase(path, "holds half of a surrogate pair, which is no character");
        }
    }
}
