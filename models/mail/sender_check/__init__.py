"""Whether receivers will take mail from the company's domain: SPF, DKIM, DMARC, MX and complaints."""
