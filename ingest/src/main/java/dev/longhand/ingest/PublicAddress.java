package dev.longhand.ingest;

import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * Which addresses lie on the public Internet, by the registries of special addresses (RFC 6890 and its successors). Everything else
 * is a way into a private network: this machine, its neighbours, a provider's metadata.
 */
final class PublicAddress {
    /** First bits, their number. */
    private record Block(int first, int bits) {
        boolean holds(int address) {
            return (address ^ first) >>> 32 - bits == 0;
        }
    }

    private static final Block[] SPECIAL = {
        block(0, 0, 0, 8), block(10, 0, 0, 8), block(100, 64, 0, 10), block(127, 0, 0, 8), block(169, 254, 0, 16),
        block(172, 16, 0, 12), block(192, 0, 0, 24), block(192, 0, 2, 24), block(192, 88, 99, 24), block(192, 168, 0, 16),
        block(198, 18, 0, 15), block(198, 51, 100, 24), block(203, 0, 113, 24), block(224, 0, 0, 3)};

    private PublicAddress() {}

    private static Block block(int a, int b, int c, int bits) {
        return new Block(a << 24 | b << 16 | c << 8, bits);
    }

    static boolean isPublic(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (address instanceof Inet4Address) {
            int bits = four(bytes, 0);
            for (Block each : SPECIAL) {
                if (each.holds(bits)) {
                    return false;
                }
            }
            return true;
        }
        // Of IPv6 only 2000::/3 is given out. In it: 2001::/23 (Teredo and others), 2001:db8::/32, 2002::/16 (holds an IPv4
        // address), 3fff::/20. IPv4 addresses in IPv6 form are Inet4Address already.
        int first = four(bytes, 0);
        return first >>> 29 == 1 && first >>> 9 != 0x20010000 >>> 9 && first != 0x20010db8 && first >>> 16 != 0x2002
                && first >>> 12 != 0x3fff0000 >>> 12;
    }

    private static int four(byte[] bytes, int at) {
        return bytes[at] << 24 | (bytes[at + 1] & 0xff) << 16 | (bytes[at + 2] & 0xff) << 8 | bytes[at + 3] & 0xff;
    }
}
